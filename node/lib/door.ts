import { fixedPaths } from './delivery'
import { wrongArgument } from './errors'
import { known } from './given'

/** Which requests are deliveries, where the adapter routes by itself. */
export interface RouteOptions {
  /** The path of the webhook, such as "/webhooks/yuno", compared whole. Left out: every path, for a handler that the framework routes to. */
  readonly path?: string | undefined
  /** True to receive also at the paths that the provider adds by itself for bank transfers: `fixedPaths` lists them. */
  readonly fixedPaths?: boolean | undefined
}

/** Lets deliveries in: POST, at one of the paths. */
export class Door {
  /** None: every path. */
  readonly paths: readonly string[]

  constructor(options: unknown, of: string) {
    const { path, fixedPaths: fixed = false } = known(options, ['path', 'fixedPaths'], of)
    if (path !== undefined && (typeof path !== 'string' || !path.startsWith('/'))) {
      throw wrongArgument('path must be a string that begins with a slash, such as "/webhooks/yuno".')
    }
    if (typeof fixed !== 'boolean') {
      throw wrongArgument('fixedPaths must be true or false.')
    }
    if (fixed && path === undefined) {
      throw wrongArgument('fixedPaths needs path: without one every path is received at.')
    }
    this.paths = path === undefined ? [] : [...new Set(fixed ? [path, ...fixedPaths] : [path])]
  }

  /** The status to answer to a request that is no delivery; null for one that is. */
  refuse(method: string | undefined, path: string): 404 | 405 | null {
    if (this.paths.length > 0 && !this.paths.includes(path)) {
      return 404
    }
    return method === 'POST' ? null : 405
  }
}

/** The path of a request's target, without its query. */
export function pathOf(target: string | undefined): string {
  return (target ?? '/').split('?', 1)[0] ?? '/'
}
