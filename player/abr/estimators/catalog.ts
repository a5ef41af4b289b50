/** The estimators by name: what the player can be given, what the simulator compares, what the contract suite runs over. */
import { type Estimator, ThroughputEstimator } from '../estimator.ts'
import { Ewma, HarmonicMean, Mean, SlidingPercentile } from './averages.ts'
import { bursts } from './bursts.ts'
import { estimatorOf } from './estimator-of.ts'
import { pastSlowStart } from './past-slow-start.ts'
import { wholeTransfer } from './whole-transfer.ts'

/** One estimator to choose. */
export interface EstimatorChoice {
  /** Short, for a table. */
  label: string
  /** One line. */
  about: string
  /** One that knows nothing yet but an earlier session's figure, bit/s, or null. */
  create: (priorBps: number | null) => Estimator
}

/** The alphas that are compared, as Project 11 asks. */
export const ALPHAS = [0.1, 0.3, 0.5, 0.7, 0.9] as const
/** Transfers in the window of the harmonic mean: MPC's. */
const HARMONIC_WINDOW = 5
/** Window of the percentile: about ten segments of 250 kB. */
const PERCENTILE_WEIGHT = 5_000
/** Half of the newest burst counts at once: a burst is short, so two agree before the estimate is there. */
const BURST_ALPHA = 0.5
const SLOW_START_ALPHA = 0.5

const ewma = (alpha: number): EstimatorChoice => ({
  label: `EWMA α=${alpha}`,
  about: `the newest transfer counts ${Math.round(alpha * 100)} %, all before it the rest`,
  create: (priorBps) => estimatorOf(wholeTransfer, new Ewma(alpha), priorBps),
})

/** By name; names are for options and JSON. */
export const ESTIMATORS: Readonly<Record<string, EstimatorChoice>> = {
  average: {
    label: 'Simple average',
    about: 'the mean of all transfers',
    create: (priorBps) => estimatorOf(wholeTransfer, new Mean(), priorBps),
  },
  ...Object.fromEntries(ALPHAS.map((alpha) => [`ewma-${alpha}`, ewma(alpha)])),
  harmonic: {
    label: 'Harmonic mean',
    about: `the harmonic mean of the last ${HARMONIC_WINDOW} transfers`,
    create: (priorBps) => estimatorOf(wholeTransfer, new HarmonicMean(HARMONIC_WINDOW), priorBps),
  },
  percentile: {
    label: 'Percentile',
    about: 'the weighted median of a sliding window',
    create: (priorBps) => estimatorOf(wholeTransfer, new SlidingPercentile(0.5, PERCENTILE_WEIGHT), priorBps),
  },
  'two-ewma': {
    label: 'Fast and slow EWMA',
    about: 'the lower of two averages over transfer time; what the player uses',
    create: (priorBps) => new ThroughputEstimator(priorBps),
  },
  'slow-start': {
    label: 'Slow-start aware',
    about: 'each transfer from where TCP has left slow start',
    create: (priorBps) => estimatorOf(pastSlowStart(), new Ewma(SLOW_START_ALPHA), priorBps),
  },
  bursts: {
    label: 'Bursts',
    about: 'what came together over the time in which it came; right for LL-HLS parts',
    create: (priorBps) => estimatorOf(bursts, new Ewma(BURST_ALPHA), priorBps),
  },
  probe: {
    label: 'Probe-based',
    about: 'the spacing of the packets of small probes',
    create: (priorBps) => estimatorOf(bursts, new Ewma(BURST_ALPHA), priorBps),
  },
}
