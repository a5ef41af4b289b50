/** Channels and rates in words. */

const CHANNELS: Readonly<Record<number, string>> = { 1: 'mono', 2: 'stereo', 6: '5.1', 7: '6.1', 8: '7.1' }

/** `mono`, `stereo`, `5.1`, `7.1`; `4 channels` where the number alone says no layout. */
export function channelWords(channels: number): string {
  return CHANNELS[channels] ?? `${channels} channels`
}

/** `48 kHz`, `44.1 kHz`. */
export function rateWords(sampleRateHz: number): string {
  return `${Number((sampleRateHz / 1000).toFixed(3))} kHz`
}
