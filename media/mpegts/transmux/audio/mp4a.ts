/** Sample entries of type `mp4a` (ISO/IEC 14496-14 5.6): AAC and MPEG audio. */
import { aacCodec, writeEsds } from '../../../codecs/aac.ts'
import { writeAudioSampleEntry } from '../../../mp4/init-boxes.ts'
import { box } from '../../../mp4/write-box.ts'
import { silentAac } from './silence.ts'
import type { AudioFormat } from './splitter.ts'

/** objectTypeIndication 0x40: "Audio ISO/IEC 14496-3". */
const AAC = 0x40

export interface AacFacts {
  /** AudioSpecificConfig. */
  config: Uint8Array
  sampleRateHz: number
  channels: number
  channelConfiguration: number
}

export function aacFormat({ config, sampleRateHz, channels, channelConfiguration }: AacFacts): AudioFormat {
  const esds = { objectType: AAC, config }
  return {
    codecs: aacCodec(esds),
    sampleRateHz,
    channels,
    sampleEntry: audioEntry('mp4a', channels, sampleRateHz, box('esds', writeEsds(esds))),
    inMp4: true,
    silence: silentAac(channelConfiguration),
  }
}

/** `objectType`: 0x6B is MPEG-1 audio, 0x69 MPEG-2. They need no configuration. */
export function mpegAudioFormat(objectType: number, sampleRateHz: number, channels: number, inMp4: boolean): AudioFormat {
  const esds = { objectType, config: new Uint8Array() }
  return {
    codecs: aacCodec(esds),
    sampleRateHz,
    channels,
    sampleEntry: audioEntry('mp4a', channels, sampleRateHz, box('esds', writeEsds(esds))),
    inMp4,
    silence: null,
  }
}

/** AudioSampleEntry; a rate that 16 bits cannot say is left to the configuration. */
export function audioEntry(type: string, channels: number, sampleRateHz: number, config: Uint8Array): Uint8Array {
  return writeAudioSampleEntry(type, channels, sampleRateHz > 0xffff ? 0 : sampleRateHz, [config])
}
