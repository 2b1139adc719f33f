import { type Call, type OptionName, VARIABLE } from './arguments'
import { COMMANDS } from './commands'

const PROGRAM = 'npx --no-install yuno-webhooks'

const COMMON = `  --url URL        where the inbox is; otherwise ${VARIABLE} says it
  --scope SCOPE    your name for the endpoint, if several share the store (default: default)
  --format FORMAT  of what is printed, table or json (default: table)
  -h, --help       show this
`

const OWN: Readonly<Partial<Record<OptionName, string>>> = {
  state: '  --state STATE    pending, processing, done or dead (default: dead)\n',
  kind: '  --kind KIND      only this kind of event, such as payment.purchase\n',
  limit: '  --limit N        at most so many (list: 100; replay --dead: all)\n',
  body: '  --body           with the body, which is personal data\n',
  dead: '  --dead           all that are dead, the oldest first\n',
  'older-than': '  --older-than AGE 30d, 12h, 45m or 90s\n',
}

const EPILOG = `
The inbox is the one of --url or, better for one with a password, of the variable ${VARIABLE}:
sqlite:PATH, postgresql://..., redis://..., rediss://..., redis+cluster://... or rediss+cluster://...

Exit status: 0 done; 1 no such delivery; 2 not called as it should be; 3 the store failed or cannot be reached;
4 its schema is not this release's, or it could lose what it acknowledged.
`

/** What can be asked for, at the place where somebody stands. */
export function helpOf({ group, command }: Call): string {
  if (command !== null) {
    const { usage, about, options } = COMMANDS[command]
    const own = options.map((name) => OWN[name]).join('')
    return `usage: ${PROGRAM} inbox ${command}${usage === '' ? '' : ` ${usage}`} [options]\n\n${sentence(about)}\n\noptions:\n${own}${COMMON}${EPILOG}`
  }
  if (group !== null) {
    const commands = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(14)} ${about}\n`)
    const about = 'Look at an inbox, and replay, discard or purge what is in it. Nothing here changes its schema.'
    return `usage: ${PROGRAM} inbox COMMAND [options]\n\n${about}\n\ncommands:\n${commands.join('')}\noptions:\n${COMMON}${EPILOG}`
  }
  const about = 'Verify, parse and de-duplicate the webhooks of the payments provider Yuno.'
  return `usage: ${PROGRAM} COMMAND [options]\n\n${about}\n\ncommands:\n  inbox  look at an inbox and tend it\n\noptions:\n  -h, --help  show this\n`
}

function sentence(about: string): string {
  return `${about.charAt(0).toUpperCase()}${about.slice(1)}.`
}
