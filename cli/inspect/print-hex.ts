/** The bytes of a box as a hex dump, then its fields, each with the bytes that hold it. */
import type { Field } from '../../media/dissect/model.ts'
import { fieldLines, isTable, MAX_ENTRY_LINES } from './label-node.ts'
import { harmless, thousands } from './words.ts'

const ROW = 16

/** Lines of 16 bytes: place in the file, hex, and the characters there are. */
export function hexRows(bytes: Uint8Array, offset: number): string[] {
  const rows: string[] = []
  const digits = Math.max(8, (offset + bytes.length).toString(16).length)
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = bytes.subarray(at, at + ROW)
    const [left, right] = [hex(row.subarray(0, 8)), hex(row.subarray(8))]
    const characters = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    rows.push(`${(offset + at).toString(16).padStart(digits, '0')}  ${left.padEnd(23)}  ${right.padEnd(23)}  |${characters}|`)
  }
  return rows
}

/** One line a field: where it is, its first bytes, its name and value. Fields in fields are indented. */
export function fieldRows(fields: Field[], bytes: Uint8Array, offset: number): string[] {
  const rows: string[] = []
  const wide = thousands(offset + bytes.length).length
  const walk = (list: Field[], indent: string): void => {
    for (const field of list) {
      const start = field.offset - offset
      const held = bytes.subarray(Math.max(0, start), Math.max(0, start + field.length))
      const shown = held.length > SHOWN_BYTES ? `${hex(held.subarray(0, SHOWN_BYTES - 1))} … ` : hex(held)
      const [said = ''] = fieldLines([{ ...field, fields: [] }])
      rows.push(`${thousands(field.offset).padStart(wide)}  ${shown.padEnd(SHOWN_BYTES * 3 - 1)}  ${indent}${harmless(said)}`)
      const inner = field.fields ?? []
      walk(isTable(field) ? inner.slice(0, MAX_ENTRY_LINES) : inner, `${indent}  `)
      if (isTable(field) && inner.length > MAX_ENTRY_LINES)
        rows.push(
          `${' '.repeat(wide + 2 + SHOWN_BYTES * 3 + 1)}${indent}  … ${thousands((field.total ?? inner.length) - MAX_ENTRY_LINES)} more`,
        )
    }
  }
  walk(fields, '')
  return rows
}
const SHOWN_BYTES = 8

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
