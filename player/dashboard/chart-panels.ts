/** What each chart of the dashboard draws, and what its heading says of a moment. */
import uPlot from 'uplot'
import { rateText } from '../session/words.ts'
import type { ChartParts, Line } from './charts.ts'
import { valueAt, type Columns, type Series } from './series.ts'
import type { ChartName } from './template.ts'

export interface Panel {
  label: string
  /** Made anew with every session: a comparison adds lines. */
  chart: () => Omit<ChartParts, 'host'>
  /** The values at a time, s. */
  valueText: (atS: number) => string
}

/** The panels of the sessions that are shown when they are asked. */
export function chartPanels(session: () => Series, comparison: () => { label: string; series: Series } | null): Record<ChartName, Panel> {
  /** Columns of the session, and those of the comparison that have a place in the same chart. */
  const beside = (of: (series: Series) => Columns): (() => Columns) => {
    const other = comparison()
    if (!other) return () => of(session())
    // Both are over: joined once.
    const joined = uPlot.join([of(session()), of(other.series)]) as Columns
    return () => joined
  }
  const linesBeside = (line: Line): Line[] => {
    const other = comparison()
    return other
      ? [
          { ...line, name: 'as it was' },
          { ...line, name: `under ${other.label}`, colour: 'second', dashed: true },
        ]
      : [line]
  }
  const both = (of: (series: Series) => string): string => {
    const other = comparison()
    return other ? `${of(session())}; under ${other.label}: ${of(other.series)}` : of(session())
  }
  const only = (columns: Columns, column: number): Columns => [columns[0], columns[column] ?? []]

  return {
    buffer: {
      label: 'Buffer over time',
      chart: () => ({
        lines: comparison()
          ? linesBeside({ colour: 'main', look: 'line' })
          : [
              { name: 'all or picture', colour: 'main', look: 'area' },
              { name: 'separate sound', colour: 'second', look: 'line' },
            ],
        data: comparison() ? beside(({ buffer }) => only(buffer, 1)) : () => session().buffer,
        atLeast: 10,
        tick: (value) => `${value} s`,
      }),
      valueText: (atS) =>
        both(({ buffer }) => {
          const [main, audio] = [valueAt(buffer, 1, atS), valueAt(buffer, 2, atS)]
          const sound = audio === null ? '' : `, sound ${audio.toFixed(1)} s`
          return main === null ? 'nothing yet' : `${main.toFixed(1)} s${sound}`
        }),
    },
    rendition: {
      label: 'Rendition over time',
      chart: () => ({
        lines: linesBeside({ colour: 'main', look: 'step' }),
        data: beside(({ rendition }) => rendition),
        atLeast: 1,
        tick: (value) => session().ladder[value] ?? '',
        ticks: () => [...session().ladder.keys()],
      }),
      valueText: (atS) =>
        both(({ rendition, ladder }) => {
          const index = valueAt(rendition, 1, atS)
          return index === null ? 'nothing yet' : (ladder[index] ?? '')
        }),
    },
    throughput: {
      label: 'Throughput over time: estimate and downloads',
      chart: () => ({
        lines: [
          { name: 'estimate', colour: 'estimate', look: 'step' },
          { name: 'downloads', colour: 'actual', look: 'dots' },
        ],
        data: () => session().throughput,
        atLeast: 1e6,
        atMost: () => 3 * session().highestEstimateBps,
        tick: (value) => (value === 0 ? '0' : `${Number((value / 1e6).toPrecision(2))} M`),
      }),
      valueText: (atS) => {
        const { throughput } = session()
        const [estimate, actual] = [valueAt(throughput, 1, atS), valueAt(throughput, 2, atS)]
        return (
          [
            ...(estimate === null ? [] : [`estimate ${rateText(estimate)}`]),
            ...(actual === null ? [] : [`download ${rateText(actual)}`]),
          ].join(', ') || 'nothing yet'
        )
      },
    },
    dropped: {
      label: 'Dropped frames over time',
      chart: () => ({
        lines: [{ colour: 'bad', look: 'bars' }],
        data: () => session().dropped,
        atLeast: 5,
        tick: (value) => (Number.isInteger(value) ? String(value) : ''),
      }),
      valueText: (atS) => {
        const { dropped } = session()
        const value = valueAt(dropped, 1, atS)
        return value === null ? 'nothing yet' : `${value} in half a second`
      },
    },
    latency: {
      label: 'Seconds behind the live edge',
      chart: () => ({
        lines: [{ colour: 'main', look: 'line' }],
        data: () => session().latency,
        atLeast: 5,
        tick: (value) => `${value} s`,
      }),
      valueText: (atS) => {
        const value = valueAt(session().latency, 1, atS)
        return value === null ? '' : `${value.toFixed(1)} s`
      },
    },
  }
}
