/** What the strict reading of a playlist finds. */

/** One requirement of RFC 8216bis that is not met. */
export interface Finding {
  /** `must`: MUST, MUST NOT, SHALL or REQUIRED. `should`: SHOULD, SHOULD NOT or RECOMMENDED. */
  level: 'must' | 'should'
  /** Of the text, from 1; null for what no one line says. */
  line: number | null
  /** Section of draft-pantos-hls-rfc8216bis. */
  clause: string
  /** A sentence: what is there, and what has to be. */
  text: string
}

export interface AttributeValue {
  text: string
  quoted: boolean
}

/** A line as the checks see it: a tag of the RFC, or, with an empty name, an address. */
export interface CheckedLine {
  line: number
  name: string
  value: string
  attributes: ReadonlyMap<string, AttributeValue>
}

/** Collects findings. */
export type Report = (level: Finding['level'], line: number | null, clause: string, text: string) => void

/** An attribute as text, quotes taken off; undefined when it is not there. */
export function attribute(line: CheckedLine, name: string): string | undefined {
  return line.attributes.get(name)?.text
}

/** An attribute as a number; undefined when it is none. */
export function numberOf(line: CheckedLine, name: string): number | undefined {
  const text = attribute(line, name)
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}
