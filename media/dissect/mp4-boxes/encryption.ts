/** Common Encryption (ISO/IEC 23001-7) and protected sample entries (ISO/IEC 14496-12 8.12, 8.7.8, 8.7.9). */
import { type BoxTable, container, leaf } from '../box-table.ts'
import type { FieldReader } from '../field-reader.ts'
import { hexOf } from '../field-words.ts'

const SCHEMES: Readonly<Record<string, string>> = {
  ...{ cenc: 'AES-CTR, whole subsamples', cbcs: 'AES-CBC, a pattern of blocks', cens: 'AES-CTR, a pattern of blocks' },
  ...{ cbc1: 'AES-CBC, whole subsamples', piff: 'PIFF 1.1', adkm: 'Adobe Access', itun: 'FairPlay' },
}

/** SystemID of `pssh`, as registered with DASH-IF. */
const SYSTEMS: Readonly<Record<string, string>> = {
  '1077efecc0b24d02ace33c1e52e2fb4b': 'Common (W3C), as ClearKey takes it',
  edef8ba979d64acea3c827dcd51d21ed: 'Widevine',
  '9a04f07998404286ab92e65be0885f95': 'PlayReady',
  '94ce86fb07ff4f43adb893d2fa968ca2': 'FairPlay',
  e2719d58a985b3c9781ab030af78d30e: 'ClearKey (DASH-IF)',
  f239e769efa348509c16a903c6932efb: 'Adobe Primetime',
  '5e629af538da4063897797ffbd9902d4': 'Marlin',
  '9a27dd82fde247258cbc4234aa06ec09': 'Verimatrix VCAS',
  '3d5e6d359b9a41e8b843dd3c6e72c42c': 'ChinaDRM',
  adb41c242dbf4a6d958b4457c0d27b95: 'Nagra',
}

/** 23001-7 8.1. */
function protectionSystem(r: FieldReader): void {
  const { version } = r.fullBox()
  r.hex('SystemID', 16, SYSTEMS[hexOf(r.peek(16))] ?? 'not known')
  if (version > 0) r.table('KIDs', r.u32('KID_count'), 16, () => r.hex('KID', 16))
  r.hex('Data', r.u32('DataSize'))
}

/** 23001-7 8.2. */
function trackEncryption(r: FieldReader): void {
  const { version } = r.fullBox()
  r.u8('reserved')
  if (version === 0) r.u8('reserved')
  else r.bits(1, ['default_crypt_byte_block', 4], ['default_skip_byte_block', 4])
  const protection = r.u8('default_isProtected', { 0: 'clear', 1: 'encrypted' })
  const iv = r.u8('default_Per_Sample_IV_Size')
  r.hex('default_KID', 16)
  if (protection === 1 && iv === 0 && r.remaining > 0) r.hex('default_constant_IV', r.u8('default_constant_IV_size'))
}

/** 23001-7 7.2. Only `tenc` says how long an IV is: the first length with which the box comes out even is taken. */
export function sampleEncryption(r: FieldReader): void {
  const { flags } = r.fullBox({ 1: 'overrides tenc', 2: 'has subsamples' })
  if (flags & 1) {
    r.u24('AlgorithmID')
    r.u8('IV_size')
    r.hex('KID', 16)
  }
  const samples = r.u32('sample_count')
  const subsamples = (flags & 2) !== 0
  const iv = ivSize(r, samples, subsamples)
  if (iv === null) {
    if (r.remaining > 0) r.hex('data')
    return
  }
  r.table(
    'samples',
    samples,
    iv + (subsamples ? 2 : 0),
    () => {
      if (iv > 0) r.hex('InitializationVector', iv)
      if (!subsamples) return
      r.table('subsamples', r.u16('subsample_count'), 6, () => {
        r.u16('BytesOfClearData')
        r.u32('BytesOfProtectedData')
      })
    },
    subsamples,
  )
}

function ivSize(r: FieldReader, samples: number, subsamples: boolean): number | null {
  const total = r.remaining
  if (!subsamples) return samples > 0 && total % samples === 0 && [8, 16].includes(total / samples) ? total / samples : null
  const bytes = r.peek(total)
  for (const size of [8, 16, 0]) {
    let at = 0
    let left = samples
    for (; left > 0 && at + size + 2 <= bytes.length; left -= 1) {
      at += size
      at += 2 + 6 * ((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0))
    }
    // Of a box longer than what is at hand, to the end of that
    if (bytes.length < total ? left < samples && at >= bytes.length - size - 2 : left === 0 && at === total) return size
  }
  return null
}

/** 14496-12 8.7.8. */
function auxiliarySizes(r: FieldReader): void {
  auxiliaryType(r)
  const size = r.u8('default_sample_info_size', { 0: 'each its own' })
  const samples = r.u32('sample_count')
  if (size === 0) r.table('sample_info_sizes', samples, 1, () => r.u8('sample_info_size'))
}

/** 14496-12 8.7.9. */
function auxiliaryOffsets(r: FieldReader): void {
  const { version } = auxiliaryType(r)
  r.table('offsets', r.u32('entry_count'), version === 0 ? 4 : 8, () => r.uLong('offset', version !== 0))
}

function auxiliaryType(r: FieldReader): { version: number } {
  const { version, flags } = r.fullBox()
  if (flags & 1) {
    r.fourcc('aux_info_type', SCHEMES)
    r.u32('aux_info_type_parameter')
  }
  return { version }
}

export const ENCRYPTION_BOXES: BoxTable = {
  sinf: container('Protection Scheme Information Box'),
  rinf: container('Restricted Scheme Information Box'),
  frma: leaf('Original Format Box', (r) => void r.fourcc('data_format')),
  schm: leaf('Scheme Type Box', (r) => {
    const { flags } = r.fullBox()
    r.fourcc('scheme_type', SCHEMES)
    r.u32('scheme_version')
    if (flags & 1) r.zeroText('scheme_uri')
  }),
  schi: container('Scheme Information Box'),
  tenc: leaf('Track Encryption Box', trackEncryption),
  pssh: leaf('Protection System Specific Header Box', protectionSystem),
  senc: leaf('Sample Encryption Box', sampleEncryption),
  saiz: leaf('Sample Auxiliary Information Sizes Box', auxiliarySizes),
  saio: leaf('Sample Auxiliary Information Offsets Box', auxiliaryOffsets),
  'schi/user': leaf('FairPlay User Box', (r) => void r.hex('user_ID')),
  'schi/key ': leaf('FairPlay Key Box', (r) => void r.hex('key_index')),
  'schi/iviv': leaf('FairPlay IV Box', (r) => void r.hex('IV')),
  'schi/name': leaf('FairPlay Name Box', (r) => void r.text('name')),
  'schi/priv': leaf('FairPlay Private Box', (r) => void r.hex('data')),
}
