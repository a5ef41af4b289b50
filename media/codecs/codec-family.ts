/** Which codec a track has, whatever the container calls it. */

/** Short and stable, for programs; `unknown` for what is not in the table. */
export type CodecFamily = (typeof FAMILIES)[number][0]

interface Family {
  /** For people. */
  name: string
  /** Sample entry types of MP4 and QuickTime, CodecIDs of Matroska (`_` at the end: with anything behind it). */
  ids: string
}

function family(name: string, ids: string): Family {
  return { name, ids }
}

const FAMILIES = [
  ['avc', family('H.264', 'avc1 avc2 avc3 avc4 dva1 dvav V_MPEG4/ISO/AVC')],
  ['hevc', family('HEVC', 'hvc1 hev1 hvc2 hev2 dvh1 dvhe V_MPEGH/ISO/HEVC')],
  ['vvc', family('VVC', 'vvc1 vvi1 V_MPEGI/ISO/VVC')],
  ['av1', family('AV1', 'av01 dav1 V_AV1')],
  ['vp9', family('VP9', 'vp09 vp9 V_VP9')],
  ['vp8', family('VP8', 'vp08 vp8 V_VP8')],
  ['mpeg4', family('MPEG-4 Part 2', 'mp4v xvid XVID DIVX DX50 FMP4 3IVX 3IV2 V_MPEG4/ISO/SP V_MPEG4/ISO/ASP V_MPEG4/ISO/AP V_MPEG4/MS/V3')],
  ['mpeg2', family('MPEG-2', 'mp2v hdv_ mx5_ xdv_ xd5_ m2v1 V_MPEG2')],
  ['mpeg1', family('MPEG-1', 'mp1v m1v mpeg V_MPEG1')],
  ['h263', family('H.263', 's263 h263 H263')],
  ['prores', family('ProRes', 'apco apcs apcn apch ap4h ap4x aprn aprh V_PRORES')],
  ['dnx', family('DNxHD', 'AVdn AVdh')],
  ['cineform', family('CineForm', 'CFHD')],
  ['mjpeg', family('Motion JPEG', 'jpeg mjpa mjpb mjpg MJPG AVDJ dmb1 V_MJPEG')],
  ['jpeg2000', family('JPEG 2000', 'mjp2 jp2k')],
  ['png', family('PNG', 'png MPNG')],
  ['ffv1', family('FFV1', 'FFV1 V_FFV1')],
  ['theora', family('Theora', 'V_THEORA')],
  ['vc1', family('VC-1', 'vc-1 WVC1')],
  ['animation', family('QuickTime Animation', 'rle')],
  ['dv', family('DV', 'dvc dvcp dvpp dv5n dv5p dvh2 dvh3 dvh5 dvh6 dvhp dvhq')],
  ['raw-video', family('uncompressed video', 'raw 2vuy yuv2 v210 v308 v408 v410 r210 b16g b48r b64a V_UNCOMPRESSED')],
  ['aac', family('AAC', 'mp4a A_AAC A_AAC/_')],
  ['mp3', family('MP3', '.mp3 mp3 A_MPEG/L3')],
  ['mp2', family('MP2', '.mp2 A_MPEG/L2 A_MPEG/L1')],
  ['ac-3', family('AC-3', 'ac-3 sac3 A_AC3 A_AC3/_')],
  ['e-ac-3', family('E-AC-3', 'ec-3 A_EAC3')],
  ['ac-4', family('AC-4', 'ac-4')],
  ['truehd', family('Dolby TrueHD', 'mlpa A_TRUEHD A_MLP')],
  ['dts', family('DTS', 'dtsc dtsh dtsl dtse dtsx A_DTS A_DTS/_')],
  ['opus', family('Opus', 'Opus opus A_OPUS')],
  ['vorbis', family('Vorbis', 'vorbis A_VORBIS')],
  ['flac', family('FLAC', 'fLaC flac A_FLAC')],
  ['alac', family('ALAC', 'alac A_ALAC')],
  ['amr', family('AMR', 'samr')],
  ['amr-wb', family('AMR-WB', 'sawb')],
  ['mpegh', family('MPEG-H 3D Audio', 'mha1 mha2 mhm1 mhm2')],
  ['wavpack', family('WavPack', 'A_WAVPACK4')],
  ['tta', family('TTA', 'A_TTA1')],
  ['qdm2', family('QDesign Music', 'QDMC QDM2')],
  ['adpcm', family('ADPCM', 'ima4 ms_')],
  ['pcm', family('PCM', 'sowt twos in24 in32 fl32 fl64 lpcm ipcm fpcm NONE ulaw alaw A_PCM/_')],
  ['webvtt', family('WebVTT', 'wvtt S_TEXT/WEBVTT D_WEBVTT/_')],
  ['ttml', family('TTML', 'stpp')],
  ['timed-text', family('3GPP timed text', 'tx3g text')],
  ['cea-608', family('CEA-608 captions', 'c608')],
  ['cea-708', family('CEA-708 captions', 'c708')],
  ['subrip', family('SubRip', 'S_TEXT/UTF8 S_TEXT/ASCII')],
  ['ass', family('Advanced SubStation', 'S_TEXT/ASS S_TEXT/SSA S_ASS S_SSA')],
  ['pgs', family('PGS subtitles', 'S_HDMV/PGS')],
  ['vobsub', family('DVD subtitles', 'S_VOBSUB mp4s')],
  ['dvb-subtitle', family('DVB subtitles', 'S_DVBSUB')],
  ['timecode', family('timecode', 'tmcd')],
  ['metadata', family('timed metadata', 'mebx mett metx urim')],
  ['rtp', family('RTP hints', 'rtp')],
  ['unknown', family('', '')],
] as const satisfies readonly (readonly [string, Family])[]

const EXACT = new Map<string, CodecFamily>()
const PREFIXES: [prefix: string, family: CodecFamily][] = []
const BY_NAME = new Map<CodecFamily, Family>()
for (const [name, entry] of FAMILIES) {
  BY_NAME.set(name, entry)
  for (const id of entry.ids.split(' ')) {
    if (id.endsWith('_')) PREFIXES.push([id.slice(0, -1), name])
    else EXACT.set(id, name)
  }
}

/** The family of a sample entry type (padded with spaces or not) or of a Matroska CodecID. */
export function codecFamily(codecId: string): CodecFamily {
  const id = codecId.trimEnd()
  return EXACT.get(id) ?? PREFIXES.find(([prefix]) => prefix !== '' && id.startsWith(prefix))?.[1] ?? 'unknown'
}

/** `H.264`; empty for 'unknown'. */
export function familyName(name: CodecFamily): string {
  return BY_NAME.get(name)?.name ?? ''
}
