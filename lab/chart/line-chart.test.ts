import { expect, test } from 'vitest'
import fc from 'fast-check'
import { lineChart, roundTicks } from './line-chart.ts'

const axis = { label: 'x', min: 0, max: 10, format: String }

test('whatever the points are, the picture is well-formed and has no number that is none', () => {
  const point = fc.record({ x: fc.double(), y: fc.double() })
  fc.assert(
    fc.property(fc.array(fc.array(point, { maxLength: 20 }), { maxLength: 9 }), fc.string(), (series, title) => {
      const lines = series.map((points, index) => ({ label: `${index}<&`, points, step: index % 2 === 0, area: index === 0 }))
      const svg = lineChart({ title, x: axis, y: { ...axis, max: 0 }, lines, bands: [{ from: 2, to: 9, label: title }] })
      expect(svg).not.toMatch(/NaN|Infinity|undefined/.test(title) ? /\0/ : /NaN|Infinity|undefined/)
      expect(svg.match(/<text/g)?.length).toBe(svg.match(/<\/text>/g)?.length)
      expect(svg.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]/)
    }),
  )
})

test('a step holds its value, a line goes there, a point beyond the axis stays at its end', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 10, y: 20 },
  ]
  const draw = (step: boolean): string => lineChart({ title: 't', x: axis, y: axis, lines: [{ label: 'a', points, step }] })
  expect(draw(true)).toContain('d="M64 384H976V84"')
  expect(draw(false)).toContain('d="M64 384L976 84"')
})

test('ticks are round and inside the axis', () => {
  expect(roundTicks(0, 17)).toEqual([0, 5, 10, 15])
  expect(roundTicks(0, 0)).toEqual([0])
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (max) => {
      const ticks = roundTicks(0, max)
      expect(ticks.length).toBeGreaterThan(1)
      expect(ticks.length).toBeLessThan(12)
      expect(Math.max(...ticks)).toBeLessThanOrEqual(max * 1.000001)
    }),
  )
})
