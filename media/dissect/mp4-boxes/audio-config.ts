/** How decoders of audio are set up: `esds` (ISO/IEC 14496-1), the bindings of Opus, FLAC, ALAC, Dolby and PCM. */
import { readAacConfig } from '../../codecs/aac-config.ts'
import { channelWords, rateWords } from '../../codecs/channel-words.ts'
import { MediaError } from '../../errors.ts'
import { type BoxTable, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'

/** Class tags of descriptors (ISO/IEC 14496-1 table 1). */
const DESCRIPTORS: Readonly<Record<number, string>> = {
  ...{ 1: 'ObjectDescriptor', 2: 'InitialObjectDescriptor', 3: 'ES_Descriptor', 4: 'DecoderConfigDescriptor' },
  ...{ 5: 'DecoderSpecificInfo', 6: 'SLConfigDescriptor', 0x10: 'MP4_IOD', 0x11: 'MP4_OD' },
}

const OBJECT_TYPES: Readonly<Record<number, string>> = {
  ...{ 0x20: 'MPEG-4 video', 0x21: 'H.264', 0x23: 'HEVC', 0x40: 'MPEG-4 audio', 0x60: 'MPEG-2 video, Simple', 0x61: 'MPEG-2 video, Main' },
  ...{ 0x66: 'MPEG-2 AAC, Main', 0x67: 'MPEG-2 AAC, LC', 0x69: 'MPEG-2 audio (MP3)', 0x6a: 'MPEG-1 video', 0x6b: 'MPEG-1 audio (MP3)' },
  ...{ 0x6c: 'JPEG', 0x6d: 'PNG', 0xa5: 'AC-3', 0xa6: 'E-AC-3', 0xa9: 'DTS', 0xad: 'Opus', 0xdd: 'Vorbis', 0xe0: 'VobSub' },
}

/** Descriptors until `end` bytes are left (14496-1 8.3.3). */
function descriptors(r: FieldReader, end: number, depth: number): void {
  while (r.remaining > end && depth < 6) {
    const tag = r.peek(1)[0] ?? 0
    r.group(DESCRIPTORS[tag] ?? `descriptor 0x${tag.toString(16)}`, () => {
      r.u8('tag')
      // sizeOfInstance: seven bits a byte, at most four of them
      const bytes = Math.max(1, r.peek(4).findIndex((byte) => (byte & 0x80) === 0) + 1)
      const size = r.peek(bytes).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0)
      r.hex('size', bytes, `${size}`)
      const rest = r.remaining - size
      if (rest < end) throw new MediaError('malformed', `a descriptor of ${size} bytes, there is room for ${r.remaining - end}`)
      descriptor(r, tag, size, rest, depth)
      return size
    })
  }
}

function descriptor(r: FieldReader, tag: number, size: number, end: number, depth: number): void {
  if (tag === 3) {
    r.u16('ES_ID')
    const flags = r.bits(1, ['streamDependenceFlag', 1], ['URL_Flag', 1], ['OCRstreamFlag', 1], ['streamPriority', 5])
    if (flags['streamDependenceFlag']) r.u16('dependsOn_ES_ID')
    if (flags['URL_Flag']) r.text('URLstring', r.u8('URLlength'))
    if (flags['OCRstreamFlag']) r.u16('OCR_ES_Id')
    descriptors(r, end, depth + 1)
  } else if (tag === 4) {
    r.u8('objectTypeIndication', OBJECT_TYPES)
    r.bits(1, ['streamType', 6, { 4: 'visual', 5: 'audio' }], ['upStream', 1], ['', 1])
    r.u24('bufferSizeDB', 'bytes')
    r.u32('maxBitrate', 'bits per second')
    r.u32('avgBitrate', 'bits per second')
    descriptors(r, end, depth + 1)
  } else if (tag === 5) r.hex('data', size, audioWords(r.peek(size)))
  else if (size > 0) r.hex('data', size)
}

/** What an AudioSpecificConfig says, if it is one. */
function audioWords(config: Uint8Array): string | undefined {
  try {
    const { objectType, sampleRateHz, channels } = readAacConfig(config)
    return `object type ${objectType}, ${rateWords(sampleRateHz)}${channels === null ? '' : `, ${channelWords(channels)}`}`
  } catch (error) {
    if (error instanceof MediaError) return undefined
    throw error
  }
}

function esds(r: FieldReader): void {
  r.fullBox()
  descriptors(r, 0, 0)
}

/** OpusSpecificBox ("Encapsulation of Opus in ISO Base Media File Format" 4.3.2). */
function opusConfig(r: FieldReader): void {
  r.u8('Version')
  const channels = r.u8('OutputChannelCount', channelWords)
  r.u16('PreSkip', 'samples at 48 kHz')
  r.u32('InputSampleRate')
  r.fixed('OutputGain', 2, 8, 'dB')
  if (r.u8('ChannelMappingFamily') === 0) return
  r.u8('StreamCount')
  r.u8('CoupledCount')
  r.table('ChannelMapping', channels, 1, () => r.u8('channel'))
}

const BIT_RATES = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640]
const RATE_CODES = { 0: '48 kHz', 1: '44.1 kHz', 2: '32 kHz' }
const ACMOD = { 0: '1+1', 1: '1/0', 2: '2/0', 3: '3/0', 4: '2/1', 5: '3/1', 6: '2/2', 7: '3/2' }

/** AC3SpecificBox (ETSI TS 102 366 F.4). */
function ac3Config(r: FieldReader): void {
  r.bits(
    3,
    ...[['fscod', 2, RATE_CODES] as const, ['bsid', 5] as const, ['bsmod', 3] as const, ['acmod', 3, ACMOD] as const],
    ...[
      ['lfeon', 1] as const,
      ['bit_rate_code', 5, (code: number) => (code < 19 ? `${BIT_RATES[code] ?? 0} kb/s` : undefined)] as const,
      ['', 5] as const,
    ],
  )
}

/** EC3SpecificBox (F.6). */
function eac3Config(r: FieldReader): void {
  const { num_ind_sub: last = 0 } = r.bits(2, ['data_rate', 13, 'kb/s'], ['num_ind_sub', 3])
  r.table(
    'substreams',
    last + 1,
    3,
    () => {
      const { num_dep_sub: dependent = 0 } = r.bits(
        3,
        ...[['fscod', 2, RATE_CODES] as const, ['bsid', 5] as const, ['', 1] as const, ['asvc', 1] as const, ['bsmod', 3] as const],
        ...[['acmod', 3, ACMOD] as const, ['lfeon', 1] as const, ['', 3] as const, ['num_dep_sub', 4] as const, ['', 1] as const],
      )
      // chan_loc takes nine bits, the last of those before among them
      if (dependent > 0) r.u8('chan_loc')
    },
    true,
  )
  if (r.remaining >= 2) {
    r.bits(1, ['', 7], ['flag_ec3_extension_type_a', 1, { 1: 'Dolby Atmos' }])
    r.u8('complexity_index_type_a')
  }
  if (r.remaining > 0) r.hex('reserved')
}

/** FLACSpecificBox ("Encapsulation of FLAC in ISO Base Media File Format" 3.3.2) with the blocks of RFC 9639. */
function flacConfig(r: FieldReader): void {
  r.fullBox()
  let last = false
  while (!last && r.remaining >= 4) {
    r.group('METADATA_BLOCK', () => {
      const head = r.bits(4, ['LastMetadataBlockFlag', 1], ['BlockType', 7, { 0: 'STREAMINFO', 4: 'VORBIS_COMMENT' }], ['Length', 24])
      last = head['LastMetadataBlockFlag'] === 1
      const length = head['Length'] ?? 0
      if (head['BlockType'] !== 0 || length < 34) return void r.hex('BlockData', length)
      r.u16('minimum_block_size')
      r.u16('maximum_block_size')
      r.u24('minimum_frame_size')
      r.u24('maximum_frame_size')
      r.bits(8, ['sample_rate', 20, rateWords], ['channels_minus_1', 3], ['bits_per_sample_minus_1', 5], ['total_samples', 36])
      r.hex('md5', 16)
      return undefined
    })
  }
}

/** ALACSpecificConfig ("Apple Lossless Format Description"). */
function alacConfig(r: FieldReader): void {
  r.fullBox()
  r.u32('frameLength')
  r.u8('compatibleVersion')
  r.u8('bitDepth')
  for (const name of ['pb', 'mb', 'kb']) r.u8(name)
  r.u8('numChannels', channelWords)
  r.u16('maxRun')
  r.u32('maxFrameBytes')
  r.u32('avgBitRate')
  r.u32('sampleRate', rateWords)
}

export const AUDIO_CONFIG_BOXES: BoxTable = {
  esds: leaf('ES Descriptor Box', esds),
  dOps: leaf('Opus Specific Box', opusConfig),
  dac3: leaf('AC-3 Specific Box', ac3Config),
  dec3: leaf('E-AC-3 Specific Box', eac3Config),
  dac4: leaf('AC-4 Specific Box', (r) => void r.hex('ac4_dsi')),
  dfLa: leaf('FLAC Specific Box', flacConfig),
  'alac/alac': leaf('ALAC Specific Box', alacConfig),
  'wave/alac': leaf('ALAC Specific Box', alacConfig),
  mhaC: leaf('MPEG-H Audio Configuration Box', (r) => {
    r.u8('configurationVersion')
    r.u8('mpegh3daProfileLevelIndication')
    r.u8('referenceChannelLayout')
    r.hex('mpegh3daConfig', r.u16('mpegh3daConfigLength'))
  }),
  damr: leaf('AMR Specific Box', (r) => {
    r.fourcc('vendor')
    r.u8('decoder_version')
    r.u16('mode_set')
    r.u8('mode_change_period')
    r.u8('frames_per_sample')
  }),
  pcmC: leaf('PCM Configuration Box', (r) => {
    r.fullBox()
    r.u8('format_flags', { 0: 'big-endian', 1: 'little-endian' })
    r.u8('PCM_sample_size', 'bits')
  }),
  chnl: leaf('Channel Layout Box', (r) => {
    r.fullBox()
    r.u8('stream_structure')
    r.hex('layout')
  }),
  SA3D: leaf('Spatial Audio Box', (r) => {
    r.u8('version')
    r.u8('ambisonic_type')
    r.u32('ambisonic_order')
    r.u8('ambisonic_channel_ordering')
    r.u8('ambisonic_normalization')
    r.table('channel_map', r.u32('num_channels'), 4, () => r.u32('channel'))
  }),
}
