/** The scanner for what a stream carries. */
import type { StreamCodec } from '../stream-types.ts'
import type { Descriptor } from '../sections.ts'
import { readAc3Frame, readAdtsFrame, readMpegFrame } from './audio-frames.ts'
import { LatmReader } from './latm.ts'
import { opusChannels } from './opus.ts'
import { AudioScanner, OpusScanner } from './scan-audio.ts'
import { H264Scanner } from './scan-h264.ts'
import { HevcScanner } from './scan-hevc.ts'
import { Mpeg2Scanner } from './scan-mpeg2.ts'
import type { Scanner } from './scanner.ts'

/** Null for codecs that are not looked into. */
export function scannerFor({ codec }: StreamCodec, descriptors: readonly Descriptor[]): Scanner | null {
  switch (codec) {
    case 'h264':
      return new H264Scanner()
    case 'hevc':
      return new HevcScanner()
    case 'mpeg1':
    case 'mpeg2':
      return new Mpeg2Scanner()
    case 'aac':
      return new AudioScanner(readAdtsFrame)
    case 'aac-latm':
      return new AudioScanner(new LatmReader().read)
    case 'mp3':
      return new AudioScanner(readMpegFrame)
    case 'ac-3':
    case 'e-ac-3':
      return new AudioScanner(readAc3Frame)
    case 'opus':
      return new OpusScanner(opusChannels(descriptors))
    default:
      return null
  }
}
