/** The name that was probably meant: the fewest characters must change. */
export function nearest(name: string, names: readonly string[]): string {
  const wanted = plain(name.slice(0, 64))
  const near = (one: string) => distance(plain(one), wanted)
  return [...names].sort((first, second) => near(first) - near(second))[0] ?? ''
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '')
}

/** How many characters must change (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, place) => place)
  for (const [place, character] of [...from].entries()) {
    const next = [place + 1]
    for (let at = 1; at <= to.length; at += 1) {
      const replaced = (row[at - 1] ?? 0) + (character === to[at - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
