/** What a track is coded in, in words for people: `H.264 High, level 4.0`, `AAC LC, stereo, 48 kHz`. */
import { MediaError } from '../errors.ts'
import { type CodecFamily, codecFamily, familyName } from './codec-family.ts'
import { describeAudio } from './describe-audio.ts'
import { describeVideo } from './describe-video.ts'

/** What is known of a codec: MP4's or Matroska's name of it, the RFC 6381 string, the configuration. As in `Track`. */
export interface CodecFacts {
  codecId: string
  codec: string | null
  config: Uint8Array
}

export interface CodecDescription {
  family: CodecFamily
  /** `H.264`, `HEVC`, `AAC`; what the container calls it where it is not known. */
  name: string
  /** `High`, `Main 10`, `LC`; null where nothing says. */
  profile: string | null
  /** `4.0`; null where nothing says. */
  level: string | null
  /** What else is worth knowing: `10-bit`, `4:2:2`, `high tier`, `5.1`, `48 kHz`. */
  details: string[]
  /** All of it as one phrase. */
  text: string
}

/** What a describer of one kind finds; all of it optional. */
export interface Described {
  name?: string
  profile?: string | null
  level?: string | null
  details?: string[]
}

/**
 * Describes a codec by its configuration, where that is damaged or missing by its RFC 6381 string. A string alone is taken as
 * RFC 6381. Never throws a `MediaError`.
 */
export function describeCodec(codec: CodecFacts | string): CodecDescription {
  const facts = typeof codec === 'string' ? { codecId: codec.split('.')[0] ?? codec, codec, config: new Uint8Array() } : codec
  const family = codecFamily(facts.codecId)
  const found = describe(family, facts)
  const name = found.name ?? (familyName(family) || facts.codecId.trim() || 'unknown')
  const { profile = null, level = null, details = [] } = found
  const head = profile === null ? name : `${name} ${profile}`
  const text = [head, ...(level === null ? [] : [`level ${level}`]), ...details].join(', ')
  return { family, name, profile, level, details, text }
}

function describe(family: CodecFamily, facts: CodecFacts): Described {
  for (const config of [facts.config, new Uint8Array()]) {
    try {
      const tried = { ...facts, config }
      return describeVideo(family, tried) ?? describeAudio(family, tried) ?? {}
    } catch (error) {
      if (!(error instanceof MediaError)) throw error
    }
  }
  return {}
}
