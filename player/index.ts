/** The player's public surface. Importing it registers <sluice-player>. */
import { defineSluicePlayer } from './element/sluice-player.ts'

export { Engine } from './engine/engine.ts'
export { DEFAULT_CONFIG, type EngineConfig, type RetryBudget } from './engine/config.ts'
export { PLAYER_ERRORS, PlayerError, type PlayerErrorCode } from './engine/errors.ts'
export { EventLog, type EngineEvent, type EngineEventOf, type EventBody, type RequestKind, type TrackKind } from './engine/events.ts'
export type { PlayerState } from './engine/state.ts'
export type { RenditionInfo } from './engine/presentation.ts'
export { throughputRule } from './abr/throughput.ts'
export type { AbrDecision, AbrInput, AbrRule, Estimate, Rung } from './abr/rule.ts'
export type { SessionRecording } from './session/recording.ts'
export { defineSluicePlayer, SluicePlayerElement } from './element/sluice-player.ts'

defineSluicePlayer()
