/** Fields as rows, and which field a byte belongs to. No DOM. */
import type { Field, FieldValue } from '../../../media/dissect/model.ts'

/** A field in its place. `key` is the way to it: `2.0.1` is the second field of the first of the third. */
export interface FieldRow {
  key: string
  field: Field
  level: number
  position: number
  setSize: number
  parent: string | null
  /** null: no fields in it. */
  open: boolean | null
}

export interface Bytes {
  offset: number
  length: number
}

/** Fields in fields are open from the start up to this many. */
const OPEN_FIELDS = 24

/** Rows of what is open; `turned` are the keys of fields that were opened or closed against the rule. */
export function fieldRows(fields: Field[], turned: ReadonlySet<string>): FieldRow[] {
  const rows: FieldRow[] = []
  const list = (among: Field[], parent: string | null, level: number): void => {
    for (const [index, field] of among.entries()) {
      const key = parent === null ? String(index) : `${parent}.${index}`
      const inner = field.fields ?? []
      const open = inner.length === 0 ? null : inner.length <= OPEN_FIELDS !== turned.has(key)
      rows.push({ key, field, level, position: index + 1, setSize: among.length, parent, open })
      if (open === true) list(inner, key, level + 1)
    }
  }
  list(fields, null, 1)
  return rows
}

/** The row that says most about the byte at `offset`: the one with the fewest bytes, the later of two alike. */
export function rowAt(rows: FieldRow[], offset: number): FieldRow | null {
  let best: FieldRow | null = null
  for (const row of rows) {
    const { field } = row
    if (offset < field.offset || offset >= field.offset + field.length) continue
    if (best === null || field.length <= best.field.length) best = row
  }
  return best
}

/** Characters of a value that are shown. */
const VALUE_CHARACTERS = 200

/** A value on one line. Lists are cut to what a line holds. */
export function valueText(value: FieldValue): string {
  const text = Array.isArray(value) ? listText(value) : String(value)
  return text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}…` : text
}

function listText(values: FieldValue[]): string {
  let text = ''
  for (const [index, value] of values.entries()) {
    if (text.length > VALUE_CHARACTERS) break
    text += (index === 0 ? '' : ', ') + (Array.isArray(value) ? `(${listText(value)})` : String(value))
  }
  return text
}

/** Entries of a table that were left out: in all, and given; null where none were. */
export function cutTable(fields: Field[]): { given: number; total: number } | null {
  let widest: { given: number; total: number } | null = null
  for (const field of fields) {
    const given = field.fields?.length ?? (Array.isArray(field.value) ? field.value.length : 0)
    if (field.total !== undefined && field.total > given && field.total > (widest?.total ?? 0)) widest = { given, total: field.total }
    const inner = cutTable(field.fields ?? [])
    if (inner !== null && inner.total > (widest?.total ?? 0)) widest = inner
  }
  return widest
}
