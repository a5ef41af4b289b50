/**
 * FFmpeg commands for sound: measure it, encode it. Both hear the same thing, stereo at 48 kHz on the video's timeline, so
 * the measured loudness is that of what is published. See docs/decisions/loudness.md for the level.
 */
import type { AudioFacts, Loudness, Plan, SourceFacts } from '../../protocol/plan.ts'
import { clockArgs, fromOrigin, inputArgs, jumpTogether, QUIET_ARGS, seconds } from './input-args.ts'

/** EBU R 128: programmes have this integrated loudness … */
export const TARGET_LUFS = -23
/** … and no true peak above this. */
export const TRUE_PEAK_DBTP = -1

/** Prints a JSON object with the EBU R 128 figures at the end of standard error. */
export function loudnessArgs(url: string, facts: SourceFacts): string[] {
  const filters = [...timelineFilters(facts), `loudnorm=I=${TARGET_LUFS}:TP=${TRUE_PEAK_DBTP}:print_format=json`]
  return [
    ...[...QUIET_ARGS.slice(0, -1), 'info', '-progress', 'pipe:1', '-stats_period', '1', ...clockArgs(facts)],
    ...inputArgs(url),
    ...['-map', `0:${needAudio(facts).streamIndex}`, '-af', filters.join(','), '-f', 'null', '-'],
    ...jumpTogether(facts, facts.video),
  ]
}

/** AAC-LC as fragmented MP4 on descriptor 3, progress on standard output. */
export function audioArgs(url: string, facts: SourceFacts, plan: Plan, loudness: Loudness | null): string[] {
  const rung = plan.audio
  if (rung === null) throw new RangeError('the plan has no sound')
  const gainDb = loudness === null ? 0 : gainFor(loudness)
  const filters = [
    ...timelineFilters(facts),
    ...(gainDb === 0 ? [] : [`volume=${gainDb.toFixed(2)}dB:precision=float`]),
    // Silence up to the end of the picture, so that players do not stop early.
    ...(facts.video === null ? [] : [`apad=whole_dur=${seconds(videoEndUs(plan))}`]),
  ]
  return [
    ...[...QUIET_ARGS, '-progress', 'pipe:1', '-stats_period', '1', ...clockArgs(facts)],
    ...inputArgs(url),
    ...['-map', `0:${needAudio(facts).streamIndex}`, '-map_metadata', '-1', '-map_chapters', '-1', '-af', filters.join(',')],
    ...['-c:a', 'aac', '-profile:a', 'aac_low', '-b:a', String(rung.bitrateBps)],
    ...['-ar', String(rung.sampleRateHz), '-ac', String(rung.channels)],
    ...['-movflags', '+delay_moov+default_base_moof+frag_keyframe', '-frag_duration', '500000', '-f', 'mp4', 'pipe:3'],
    ...jumpTogether(facts, facts.video),
  ]
}

/**
 * One gain for the whole programme: to the target, or as near as the true peak allows. Nothing is compressed, so what is
 * quiet in the source stays quiet beside what is loud. Decibels, rounded to a hundredth.
 */
export function gainFor({ integratedLufs, truePeakDbtp }: Loudness): number {
  const gain = Math.min(TARGET_LUFS - integratedLufs, TRUE_PEAK_DBTP - truePeakDbtp)
  return Math.round(Math.min(40, Math.max(-60, gain)) * 100) / 100
}

/** Reads what `loudnessArgs` made FFmpeg print; null for silence, which has no loudness (`-inf`). */
export function parseLoudness(log: string): Loudness | null {
  const number = (name: string): number => {
    const text = new RegExp(`"${name}"\\s*:\\s*"([^"]*)"`).exec(log)?.[1]
    if (text === undefined) throw new SyntaxError(`loudnorm printed no ${name}`)
    return text === '-inf' ? Number.NEGATIVE_INFINITY : Number(text)
  }
  const loudness = {
    integratedLufs: number('input_i'),
    truePeakDbtp: number('input_tp'),
    rangeLu: number('input_lra'),
    thresholdLufs: number('input_thresh'),
  }
  // Below the absolute gate of BS.1770 (-70 LUFS) there is nothing to amplify but noise.
  return Object.values(loudness).every(Number.isFinite) && loudness.integratedLufs > -70 ? loudness : null
}

/** Sample 0 is at the origin; gaps become silence, overlaps are cut: sound never drifts from the picture. */
function timelineFilters(facts: SourceFacts): string[] {
  return [`asetpts=${fromOrigin(facts)}`, 'aresample=48000:async=1:first_pts=0', 'aformat=sample_fmts=fltp:channel_layouts=stereo']
}

function videoEndUs({ timeline }: Plan): number {
  return Math.round((timeline.expectedFrames * timeline.frameRate.den * 1e6) / timeline.frameRate.num)
}

function needAudio({ audio }: SourceFacts): AudioFacts {
  if (audio === null) throw new RangeError('a source without sound has none to encode')
  return audio
}
