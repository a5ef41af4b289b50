/**
 * The tree of a file: boxes or EBML elements, each with its place, its fields and what is wrong with it. It is read piece
 * by piece, so that a file of 20 GB opens at once: children when a node is opened, fields when it is looked at.
 */

/** A value as it is shown: numbers and text as such, bytes as hex, a list of them where the field is a list. */
export type FieldValue = number | string | boolean | FieldValue[]

/** A decoded field and the bytes it came from. */
export interface Field {
  /** As the standard spells it: `timescale`, `compatible_brands`, `AVCLevelIndication`. */
  name: string
  value: FieldValue
  /** The value in words, where they say more: `High`, `3:45.200`, `2026-11-22T10:00:00Z`, `non-sync, depends on others`. */
  text?: string
  /** From the start of the file. */
  offset: number
  /** Bytes that hold it; a field of some bits names the bytes they lie in. */
  length: number
  /** Fields that are made of fields: an entry of a table, a parameter set. */
  fields?: Field[]
  /** Of a table that was cut short: entries in all. */
  total?: number
}

/** What is wrong, in one sentence, and the bytes it is about. */
export interface Problem {
  offset: number
  length: number
  /** "box 'trak' at 1204 ends at 9000, its parent at 8000" */
  what: string
  /** 'error': the file is damaged. 'warning': readers cope. */
  severity: 'error' | 'warning'
}

/** A box or an element. */
export interface DissectNode {
  /** Four characters (`moov`), or the element's name (`Cluster`); bytes that are no text as `0x…`. */
  type: string
  /** What the standard calls it: `Movie Box`; empty for what is not known. */
  name: string
  /** From the start of the file to the first byte of the header. */
  offset: number
  headerBytes: number
  /** Header and body. Cut to what the file has where the header promises more. */
  size: number
  /** It holds nodes. */
  container: boolean
  /** Types of the nodes around it, outermost first: what a box means can depend on where it lies. */
  path: string[]
  problems: Problem[]
}

/** A file under the knife. Nothing here throws a `MediaError`: damage becomes a `Problem` on the node it is in. */
export interface Dissector {
  format: 'mp4' | 'matroska'
  size: number
  /**
   * The nodes in `parent`, or of the file, in order; stops where damage makes the next unreadable, and says so in the last
   * node's `problems`. Nothing is read that is not asked for: a caller may stop after a page of them.
   */
  children(parent: DissectNode | null): AsyncIterable<DissectNode>
  /** The fields of a node, tables cut to `maxEntries` of each (1000 unless told); for a container, its own fields. */
  fields(node: DissectNode, maxEntries?: number): Promise<{ fields: Field[]; problems: Problem[] }>
}
