/** The stages of a video's making, one line each: a channel with a gate at every stage, open as far as the work got. */
import { html } from 'lit'
import type { Stage } from '../protocol/videos.ts'
import { stageLines } from './stages.ts'

export function stageList(stages: Stage[]): unknown {
  return html`<ol class="stages" aria-label="Stages">
    ${stageLines(stages).map(
      ({ name, state, label, text, progress }) =>
        html`<li data-stage=${name} data-state=${state} style="--progress: ${progress}">
          <span class="stage-label">${label}</span><span class="stage-dot"> · </span><span class="stage-text">${text}</span>
        </li>`,
    )}
  </ol>`
}
