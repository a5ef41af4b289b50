/**
 * The state machine of playback as a pure reducer. The engine feeds it what the media element and the loader report; the
 * state is never set any other way.
 */
export type PlayerState = 'idle' | 'loading' | 'paused' | 'buffering' | 'playing' | 'seeking' | 'ended' | 'failed'

/** What can happen. All but `load`, `reset` and `fail` are what a media element reports. */
export type StateInput =
  | { type: 'load' }
  | { type: 'reset' }
  | { type: 'fail' }
  /** The current frame is there; `wantsToPlay` is `!video.paused`. */
  | { type: 'ready'; wantsToPlay: boolean }
  | { type: 'play' }
  | { type: 'playing' }
  | { type: 'pause' }
  | { type: 'waiting' }
  | { type: 'seeking' }
  | { type: 'seeked'; wantsToPlay: boolean; canPlay: boolean }
  | { type: 'ended' }

/** The next state; the same one when the input means nothing in it. */
export function reduce(state: PlayerState, input: StateInput): PlayerState {
  if (input.type === 'reset') return 'idle'
  if (input.type === 'load') return 'loading'
  if (state === 'idle' || state === 'failed') return state
  switch (input.type) {
    case 'fail':
      return 'failed'
    case 'ready':
      return state === 'loading' ? (input.wantsToPlay ? 'buffering' : 'paused') : state
    case 'play':
      // Until the first frame is there the player loads, whatever the viewer pressed; a seek ends by itself.
      return state === 'paused' || state === 'ended' ? 'buffering' : state
    case 'playing':
      return state === 'seeking' ? state : 'playing'
    case 'pause':
      return state === 'playing' || state === 'buffering' ? 'paused' : state
    case 'waiting':
      return state === 'playing' ? 'buffering' : state
    case 'seeking':
      return state === 'loading' ? state : 'seeking'
    case 'seeked':
      if (state !== 'seeking') return state
      return input.wantsToPlay ? (input.canPlay ? 'playing' : 'buffering') : 'paused'
    case 'ended':
      return state === 'loading' ? state : 'ended'
  }
}
