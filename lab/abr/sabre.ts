/**
 * Sabre's sets (K. Spiteri et al., MMSys 2018) run here, and its own results read, so that the two can be laid side by side. A
 * set names its traces, its ladder and how long the buffer is: `3G-vod25`, `4G-live10`. Sabre's `live` is a short buffer and
 * nothing else.
 */
import { bolaRule } from '../../player/abr/bola.ts'
import { bolaERule } from '../../player/abr/bola-e.ts'
import { dynamicDashRule, dynamicRule } from '../../player/abr/dynamic.ts'
import type { AbrRule } from '../../player/abr/rule.ts'
import { throughputDashRule } from '../../player/abr/throughput-dash.ts'
import { LabError } from '../error.ts'
import type { Ladder } from './ladder.ts'
import { type SabreMetrics, sabreMetrics } from './metrics.ts'
import { SABRE_MODEL, simulate } from './simulate.ts'
import type { Trace } from './trace.ts'

/** Its names of algorithms, and the rules here. */
export const SABRE_RULES: Readonly<Record<string, AbrRule>> = {
  bola: bolaRule,
  bolae: bolaERule,
  throughput: throughputDashRule,
  dynamic: dynamicRule,
  dynamicdash: dynamicDashRule,
}

/** One line of its results. */
export interface SabreResult extends SabreMetrics {
  set: string
  algorithm: string
  trace: string
}

/** The figures that are compared, as the results' header names them. */
export const SABRE_FIGURES: Readonly<Record<keyof SabreMetrics, string>> = {
  bitrate: 'time average played bitrate',
  utility: 'time average played utility',
  rebufferRatio: 'rebuffer ratio',
  rebufferS: 'total rebuffer',
  rebufferEvents: 'total rebuffer events',
  bitrateChange: 'time average bitrate change',
  score: 'time average score',
}

/** Reads a CSV of results. Throws `LabError`. */
export function readSabreResults(text: string): SabreResult[] {
  const [head = '', ...lines] = text.trim().split(/\r?\n/)
  const names = head.split(',')
  const column = (name: string): number => {
    const index = names.indexOf(name)
    if (index === -1) throw new LabError(`the results have no column "${name}"`)
    return index
  }
  const [set, algorithm, trace] = [column('set'), column('algo'), column('trace')]
  const figures = Object.entries(SABRE_FIGURES).map(([key, name]): [string, number] => [key, column(name)])
  return lines.map((line, index) => {
    const cells = line.split(',')
    const values = Object.fromEntries(figures.map(([key, at]) => [key, Number(cells[at] ?? NaN)])) as unknown as SabreMetrics
    if (Object.values(values).some((value) => !Number.isFinite(value))) throw new LabError(`the results' line ${index + 2} lacks a figure`)
    return { set: cells[set] ?? '', algorithm: cells[algorithm] ?? '', trace: cells[trace] ?? '', ...values }
  })
}

/** Runs an algorithm as Sabre does by default, with a buffer of so many seconds. Throws `LabError` when there is none of that name. */
export function runSabre(algorithm: string, trace: Trace, ladder: Ladder, bufferGoalS: number): SabreMetrics {
  const rule = SABRE_RULES[algorithm]
  if (!rule) throw new LabError(`Sabre's "${algorithm}" is not here`)
  return sabreMetrics(simulate(rule, trace, ladder, { bufferGoalS, model: SABRE_MODEL }), ladder)
}
