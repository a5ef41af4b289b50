import { expect, it } from 'vitest'
import type { Field } from '../../../media/dissect/model.ts'
import { cutTable, fieldRows, rowAt, valueText } from './field-rows.ts'

const entry = (index: number): Field => ({
  name: `entry ${index}`,
  value: index,
  offset: 16 + index * 8,
  length: 8,
  fields: [
    { name: 'sample_count', value: 1, offset: 16 + index * 8, length: 4 },
    { name: 'sample_delta', value: 512, offset: 20 + index * 8, length: 4 },
  ],
})
const fields: Field[] = [
  { name: 'version', value: 0, offset: 8, length: 1 },
  { name: 'entries', value: 3, offset: 16, length: 24, fields: [entry(0), entry(1), entry(2)], total: 5000 },
  { name: 'flag', value: true, offset: 8, length: 1 },
]

it('lists short tables open and long ones closed, until they are turned', () => {
  expect(fieldRows(fields, new Set()).map(({ key }) => key)).toContain('1.2.1')
  expect(fieldRows(fields, new Set(['1'])).map(({ key }) => key)).toEqual(['0', '1', '2'])
  const long: Field[] = [{ name: 'table', value: 30, offset: 0, length: 0, fields: Array.from({ length: 30 }, (_, index) => entry(index)) }]
  expect(fieldRows(long, new Set())).toHaveLength(1)
  expect(fieldRows(long, new Set(['0']))).toHaveLength(91)
})

it('finds the field that says most about a byte', () => {
  const rows = fieldRows(fields, new Set())
  expect(rowAt(rows, 29)?.key).toBe('1.1.1')
  expect(rowAt(rows, 8)?.field.name).toBe('flag')
  expect(rowAt(rows, 12)).toBeNull()
  // Of a closed table the table itself.
  expect(rowAt(fieldRows(fields, new Set(['1'])), 29)?.key).toBe('1')
})

it('says how much of a table was left out', () => {
  expect(cutTable(fields)).toEqual({ given: 3, total: 5000 })
  expect(cutTable(entry(0).fields ?? [])).toBeNull()
})

it('keeps a value on a line', () => {
  expect(valueText([1, [2, 'a'], true])).toBe('1, (2, a), true')
  expect(valueText(Array.from({ length: 100_000 }, (_, index) => index)).length).toBeLessThan(210)
})
