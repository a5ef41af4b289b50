/** A frame of AAC that is silent: raw_data_block() (ISO/IEC 14496-3 4.4.2.1) in which no scale factor band is coded. */

const SINGLE = 0
const PAIR = 1
const LOW = 3

/** Elements by channelConfiguration (table 1.19), in the order in which they stand. */
const ELEMENTS: readonly (readonly number[] | undefined)[] = [
  undefined,
  [SINGLE],
  [PAIR],
  [SINGLE, PAIR],
  [SINGLE, PAIR, SINGLE],
  [SINGLE, PAIR, PAIR],
  [SINGLE, PAIR, PAIR, LOW],
  [SINGLE, PAIR, PAIR, PAIR, LOW],
]

/** ics_info(): ics_reserved_bit, window_sequence u(2) = ONLY_LONG, window_shape, max_sfb u(6) = 0, predictor_data_present. */
const ICS_INFO = '00000000000'
/** global_gain u(8), then what follows max_sfb = 0: no sections, no scale factors; pulse, tns and gain control not present. */
const GAIN = '00000000'
const NO_TOOLS = '000'
const END = '111'

/** Null for a channelConfiguration without a layout here. The same for every rate. */
export function silentAac(channelConfiguration: number): Uint8Array | null {
  const elements = ELEMENTS[channelConfiguration]
  if (elements === undefined) return null
  const tags = [0, 0, 0, 0]
  let bits = ''
  for (const element of elements) {
    const tag = tags[element] ?? 0
    tags[element] = tag + 1
    // id_syn_ele u(3), element_instance_tag u(4)
    bits += element.toString(2).padStart(3, '0') + tag.toString(2).padStart(4, '0')
    // A pair: common_window = 1, ms_mask_present u(2) = 0, then two channels
    if (element === PAIR) bits += `1${ICS_INFO}00${GAIN}${NO_TOOLS}${GAIN}${NO_TOOLS}`
    else bits += `${GAIN}${ICS_INFO}${NO_TOOLS}`
  }
  bits += END
  const bytes = new Uint8Array(Math.ceil(bits.length / 8))
  for (let index = 0; index < bits.length; index += 1) {
    if (bits[index] === '1') bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (0x80 >> (index & 7))
  }
  return bytes
}
