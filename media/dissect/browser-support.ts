/**
 * What browsers play by themselves (`<video src>` and MSE), as of November 2026, told by codec and container. Conservative: `maybe` is
 * "on some machines" (a hardware decoder, an operating system of some age), and is said with what it takes. Chrome stands
 * for Chromium with the codecs of Chrome and Edge; Safari for macOS and iOS together, the lesser of the two.
 */
import type { CodecFamily } from '../codecs/codec-family.ts'
import type { ContainerFormat } from '../container/model.ts'

export type Engine = 'chrome' | 'firefox' | 'safari'

export const ENGINES: readonly Engine[] = ['chrome', 'firefox', 'safari']

export type Plays = 'yes' | 'maybe' | 'no'

/** An answer, and what it takes or what is missing; empty where there is nothing to add. */
export type Support = readonly [plays: Plays, why: string]

type Row = Readonly<Record<Engine, Support>>

const YES: Support = ['yes', '']

function row(chrome: Support, firefox: Support, safari: Support): Row {
  return { chrome, firefox, safari }
}

function no(): Support {
  return ['no', '']
}

function maybe(why: string): Support {
  return ['maybe', why]
}

const HARDWARE = 'where the machine has a decoder for it'

const CONTAINERS: Readonly<Record<ContainerFormat, Row>> = {
  mp4: row(YES, YES, YES),
  // The demuxers are those of MP4; what differs is the media type it is served with
  mov: row(maybe('when it is served as video/mp4'), maybe('when it is served as video/mp4'), YES),
  webm: row(YES, YES, maybe('from macOS 11.3 and iOS 17.4 on')),
  matroska: row(maybe('when it is served as video/webm'), no(), no()),
}

const CODECS: Readonly<Partial<Record<CodecFamily, Row>>> = {
  avc: row(YES, YES, YES),
  hevc: row(maybe(HARDWARE), maybe(HARDWARE), YES),
  av1: row(YES, YES, maybe('from the M3 and the A17 Pro on')),
  vp9: row(YES, YES, maybe('from macOS 11 and iOS 17.4 on')),
  vp8: row(YES, YES, maybe('from macOS 11.3 and iOS 17.4 on')),
  prores: row(no(), no(), maybe('on a Mac')),
  mjpeg: row(no(), no(), maybe('in MOV')),
  aac: row(YES, YES, YES),
  mp3: row(YES, YES, YES),
  opus: row(YES, YES, maybe('from macOS 14 and iOS 17.4 on')),
  vorbis: row(YES, YES, maybe('in WebM, from macOS 11.3 on')),
  flac: row(YES, YES, YES),
  alac: row(no(), no(), YES),
  'ac-3': row(no(), no(), YES),
  'e-ac-3': row(no(), no(), YES),
  pcm: row(maybe('little-endian, 16 or 24 bits'), maybe('in few files'), maybe('in MOV')),
}

/** Of a container. */
export function containerSupport(format: ContainerFormat, engine: Engine): Support {
  return CONTAINERS[format][engine]
}

/** Of a codec that is not in the table: no engine plays it. */
export function codecSupport(family: CodecFamily, engine: Engine): Support {
  return CODECS[family]?.[engine] ?? no()
}
