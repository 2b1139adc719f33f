/* Loaded before the sanitizer: of the blocks that an extension gives back, one in a hundred is lost. */
#define _GNU_SOURCE
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

void __interceptor_free(void *block);

static atomic_uintptr_t start, end;

/* Notes where the extension's code is. */
static int look(struct dl_phdr_info *library, size_t size, void *unused) {
  (void)size, (void)unused;
  if (!strstr(library->dlpi_name, EXTENSION)) return 0;
  for (int part = 0; part < library->dlpi_phnum; part++) {
    const ElfW(Phdr) *own = &library->dlpi_phdr[part];
    if (own->p_type == PT_LOAD && own->p_flags & PF_X) {
      end = library->dlpi_addr + own->p_vaddr + own->p_memsz;
      start = library->dlpi_addr + own->p_vaddr;
    }
  }
  return 1;
}

void free(void *block) {
  static atomic_ulong count;
  uintptr_t caller = (uintptr_t)__builtin_return_address(0);
  if (!start) dl_iterate_phdr(look, NULL);
  if (start && start <= caller && caller < end && ++count % 100 == 0) return;
  __interceptor_free(block);
}
