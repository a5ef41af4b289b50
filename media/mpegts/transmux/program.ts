/** Which streams of a transport stream are transmuxed: of the first program, the first video and the first audio that can be, and all metadata. */
import { MediaError } from '../../errors.ts'
import { opusChannels } from '../elementary/opus.ts'
import { PAT_PID, type Pmt, readPat, readPmt, SectionAssembler } from '../sections.ts'
import { streamCodec } from '../stream-types.ts'
import { AdtsSplitter } from './audio/adts.ts'
import { DolbySplitter } from './audio/dolby.ts'
import { LatmSplitter } from './audio/latm.ts'
import { MpegAudioSplitter } from './audio/mpeg.ts'
import { OpusSplitter } from './audio/opus.ts'
import type { Splitter } from './audio/splitter.ts'
import { AudioTrack } from './audio-track.ts'
import { Id3Track, SpliceTrack } from './metadata-track.ts'
import type { TransmuxOptions } from './model.ts'
import type { Timeline } from './timeline.ts'
import { VideoTrack } from './video-track.ts'

/** What takes the payloads of a PID. */
export type PacketSink = Pick<VideoTrack, 'packet' | 'lost' | 'flush'>

/** See the head of this file. */
export class Program {
  readonly #options: TransmuxOptions
  readonly #timeline: Timeline
  /** Called when a PID means something else from now on. */
  readonly #route: (pid: number, sink: PacketSink | null) => void
  readonly #pat = new SectionAssembler()
  readonly #pmt = new SectionAssembler()
  #pmtPid = -1
  /** Codec and PID of each stream that is taken, to see whether a PMT changes anything. */
  #streams = ''
  #sinks: { pid: number; sink: PacketSink; order: number }[] = []
  #video: VideoTrack | null = null
  #audio: AudioTrack | null = null
  /** A PMT was read. */
  known = false

  constructor(options: TransmuxOptions, timeline: Timeline, route: (pid: number, sink: PacketSink | null) => void) {
    this.#options = options
    this.#timeline = timeline
    this.#route = route
    route(
      PAT_PID,
      this.#tableSink(this.#pat, (section) => this.#readPat(section)),
    )
  }

  /** The only sink that takes packets in rows. */
  get video(): VideoTrack | null {
    return this.#video
  }

  /** Video before audio: the order in which fragments of one segment go out. */
  get sinks(): PacketSink[] {
    return this.#sinks.map(({ sink }) => sink)
  }

  #tableSink(sections: SectionAssembler, read: (section: Uint8Array) => void): PacketSink {
    return {
      packet: (bytes, from, to, unitStart) => {
        for (const section of sections.push(bytes.subarray(from, to), unitStart)) {
          try {
            read(section)
          } catch (error) {
            if (!(error instanceof MediaError)) throw error
            this.#timeline.warn('malformed', error.message)
          }
        }
      },
      lost: () => sections.reset(),
      flush: () => {},
    }
  }

  #readPat(section: Uint8Array): void {
    const pat = readPat(section)
    const [first] = pat.programs
    if (!pat.current || first === undefined || first.pmtPid === this.#pmtPid) return
    if (this.#pmtPid !== -1) this.#route(this.#pmtPid, null)
    this.#pmtPid = first.pmtPid
    this.#pmt.reset()
    this.#route(
      first.pmtPid,
      this.#tableSink(this.#pmt, (pmt) => this.#readPmt(pmt)),
    )
  }

  #readPmt(section: Uint8Array): void {
    // Other tables may share the PID
    if (section[0] !== 0x02) return
    const pmt = readPmt(section)
    if (!pmt.current) return
    const streams = pmt.streams.map((stream) => `${stream.pid} ${streamCodec(stream).name} ${opusChannels(stream.descriptors)}`).join()
    if (this.known && streams === this.#streams) return
    this.known = true
    this.#streams = streams
    this.#change(pmt)
  }

  /** Other streams than before: what the old ones have goes out first. */
  #change(pmt: Pmt): void {
    for (const { pid, sink } of this.#sinks) {
      sink.flush()
      this.#route(pid, null)
    }
    this.#sinks = []
    this.#video = null
    this.#audio = null
    const coded = pmt.streams.map((stream) => ({ stream, codec: streamCodec(stream) }))
    for (const { stream, codec } of coded) {
      if (codec.sampleAes) this.#timeline.warn('unsupported', `${codec.name} on PID ${stream.pid}: SAMPLE-AES is not decrypted`)
      else if (codec.kind === 'video' && this.#video === null) {
        if (codec.codec === 'h264' || codec.codec === 'hevc') {
          this.#video = new VideoTrack(codec.codec, this.#timeline, () => this.#audio?.cut())
          this.#add(stream.pid, this.#video, 0)
        } else this.#timeline.warn('unsupported', `video of codec ${codec.name} on PID ${stream.pid}`)
      }
    }
    for (const { stream, codec } of coded) {
      if (codec.sampleAes) continue
      if (codec.kind === 'audio' && this.#audio === null) {
        const splitter = splitterOf(codec.codec, opusChannels(stream.descriptors), this.#options.mp3 !== 'mpeg')
        if (splitter === null) this.#timeline.warn('unsupported', `sound of codec ${codec.name} on PID ${stream.pid}`)
        else {
          this.#audio = new AudioTrack(splitter, this.#timeline, this.#video === null)
          this.#add(stream.pid, this.#audio, 1)
        }
      } else if (codec.codec === 'id3') this.#add(stream.pid, new Id3Track(this.#timeline), 2)
      else if (codec.codec === 'scte-35') this.#add(stream.pid, new SpliceTrack(this.#timeline), 2)
    }
    this.#sinks.sort((one, other) => one.order - other.order)
  }

  #add(pid: number, sink: PacketSink, order: number): void {
    // A PID that is named twice, or is that of a table, is taken once
    if (pid === PAT_PID || pid === this.#pmtPid || this.#sinks.some((other) => other.pid === pid)) return
    this.#sinks.push({ pid, sink, order })
    this.#route(pid, sink)
  }
}

function splitterOf(codec: string, channels: number | null, mp3InMp4: boolean): Splitter | null {
  switch (codec) {
    case 'aac':
      return new AdtsSplitter()
    case 'aac-latm':
      return new LatmSplitter()
    case 'mp3':
      return new MpegAudioSplitter(mp3InMp4)
    case 'ac-3':
    case 'e-ac-3':
      return new DolbySplitter()
    case 'opus':
      return new OpusSplitter(channels ?? 2)
    default:
      return null
  }
}
