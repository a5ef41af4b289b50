/** What the table of boxes is made of: a name for people, and how the fields are read. */
import type { FieldReader } from './field-reader.ts'

export interface BoxType {
  /** As the standard calls it: `Movie Box`. */
  name: string
  /**
   * Reads the box's own fields. Of a container, the children start where this stops. A pure function of the reader: what is
   * wrong goes to `reader.problem`, what is too short is thrown by the reader.
   */
  read?: (reader: FieldReader) => void
  /** It holds boxes, behind its own fields. */
  container?: boolean
}

/** Keys are types (`mvhd`), types in one parent (`stsd/tmcd`), or all in one parent (`tref/*`). */
export type BoxTable = Readonly<Record<string, BoxType>>

/** A leaf with fields. */
export function leaf(name: string, read: (reader: FieldReader) => void): BoxType {
  return { name, read }
}

/** A box of boxes, with fields of its own before them or without. */
export function container(name: string, read?: (reader: FieldReader) => void): BoxType {
  return read === undefined ? { name, container: true } : { name, read, container: true }
}

/** A FullBox of boxes. */
export function fullContainer(name: string): BoxType {
  return container(name, (r) => void r.fullBox())
}
