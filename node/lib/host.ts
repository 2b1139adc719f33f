/**
 * Types of the host, where it has them. The declarations of this package compile without `@types/node` and without the library "dom": who has
 * neither gets the nearest type of the language.
 *
 * @module
 */

/** A `Buffer`; without the types of Node, the `Uint8Array` that it also is. */
export type Bytes = typeof globalThis extends { Buffer: { alloc(size: number): infer Type } } ? Type : Uint8Array

/** A Web `Request`. */
export type WebRequest = typeof globalThis extends { Request: { prototype: infer Type } } ? Type : never

/** A Web `Response`. */
export type WebResponse = typeof globalThis extends { Response: { prototype: infer Type } } ? Type : never
