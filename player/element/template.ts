/** The shadow tree of <sluice-player>: media-chrome's controls around a <video>, and how they look. */
import { SPEEDS } from './keys.ts'
import 'media-chrome/media-control-bar'
import 'media-chrome/media-controller'
import 'media-chrome/media-fullscreen-button'
import 'media-chrome/media-loading-indicator'
import 'media-chrome/media-mute-button'
import 'media-chrome/media-pip-button'
import 'media-chrome/media-play-button'
import 'media-chrome/media-poster-image'
import 'media-chrome/media-preview-thumbnail'
import 'media-chrome/media-preview-time-display'
import 'media-chrome/media-time-display'
import 'media-chrome/media-time-range'
import 'media-chrome/media-volume-range'
import 'media-chrome/menu/media-chrome-menu-item'
import 'media-chrome/menu/media-playback-rate-menu'
import 'media-chrome/menu/media-playback-rate-menu-button'
import 'media-chrome/menu/media-rendition-menu'
import 'media-chrome/menu/media-rendition-menu-button'

const STYLE = `
:host {
  display: block;
  position: relative;
  container-type: inline-size;
  aspect-ratio: 16 / 9;
  background: #000;
  overflow: hidden;
  font-family: system-ui, sans-serif;
}
:host([hidden]) { display: none; }
media-controller {
  width: 100%;
  height: 100%;
  --media-primary-color: #fff;
  --media-secondary-color: rgb(20 22 26 / 0.94);
  --media-control-background: transparent;
  --media-control-hover-background: rgb(255 255 255 / 0.16);
  --media-text-color: #fff;
  --media-icon-color: #fff;
  --media-font-family: inherit;
  --media-font-size: 13px;
  --media-control-padding: 10px;
  --media-control-height: 22px;
  --media-range-bar-color: var(--sluice-accent, #4cc2ff);
  --media-range-track-background: rgb(255 255 255 / 0.3);
  --media-time-range-buffered-color: rgb(255 255 255 / 0.45);
  --media-range-track-height: 4px;
  --media-range-track-border-radius: 2px;
  --media-range-thumb-background: #fff;
  --media-preview-thumbnail-border: 2px solid #fff;
  --media-preview-thumbnail-border-radius: 6px;
  --media-menu-background: rgb(20 22 26 / 0.94);
  --media-menu-border-radius: 8px;
  --media-focus-box-shadow: inset 0 0 0 2px var(--sluice-accent, #4cc2ff);
}
video { width: 100%; height: 100%; object-fit: contain; }
.shade {
  position: absolute;
  inset: auto 0 0;
  height: min(140px, 60%);
  background: linear-gradient(transparent, rgb(0 0 0 / 0.75));
  pointer-events: none;
}
media-controller[userinactive]:not([mediapaused]) .shade { opacity: 0; transition: opacity 0.4s; }
/* Before anything was played there is one thing to do. */
.start {
  padding: 20px;
  border-radius: 50%;
  background: rgb(6 16 17 / 0.72);
  --media-button-icon-width: 36px;
  --media-button-icon-height: 36px;
}
.start:hover { background: rgb(6 16 17 / 0.9); }
media-controller[mediahasplayed] .start, media-controller:not([mediapaused]) .start { display: none; }
media-time-range { --media-control-hover-background: transparent; width: 100%; height: 22px; padding-inline: 12px; box-sizing: border-box; }
media-control-bar { width: 100%; padding-inline: 4px; box-sizing: border-box; align-items: center; }
media-control-bar > * { border-radius: 6px; }
/* Positioned, else the shade, which is, would lie over their text. */
media-time-range, media-control-bar { position: relative; }
.spacer { flex: 1; }
.failure {
  position: absolute;
  inset: 0;
  display: grid;
  place-content: center;
  justify-items: center;
  gap: 16px;
  padding: 16px;
  background: rgb(0 0 0 / 0.82);
  color: #fff;
  text-align: center;
  font-size: 15px;
  pointer-events: auto;
}
.failure[hidden] { display: none; }
.failure p { margin: 0; max-width: 34em; line-height: 1.4; }
.failure button {
  font: inherit;
  color: #000;
  background: #fff;
  border: 0;
  border-radius: 6px;
  padding: 10px 20px;
  cursor: pointer;
}
.failure button:focus-visible { outline: 3px solid var(--sluice-accent, #4cc2ff); outline-offset: 2px; }
@container (max-width: 480px) {
  media-volume-range, media-pip-button { display: none; }
  media-controller { --media-control-padding: 8px; --media-font-size: 12px; }
}
@container (max-width: 360px) {
  media-playback-rate-menu-button { display: none; }
}
@media (prefers-reduced-motion: reduce) {
  .shade { transition: none !important; }
}
`

const MARKUP = `
<style>${STYLE}</style>
<media-controller part="controller" autohide="3" nohotkeys>
  <video slot="media" part="video" playsinline></video>
  <media-poster-image slot="poster" part="poster" hidden></media-poster-image>
  <div class="shade" part="shade"></div>
  <media-loading-indicator slot="centered-chrome" noautohide></media-loading-indicator>
  <media-play-button class="start" slot="centered-chrome" part="start" noautohide notooltip></media-play-button>
  <media-rendition-menu hidden anchor="auto"></media-rendition-menu>
  <media-playback-rate-menu hidden anchor="auto" rates="${SPEEDS.join(' ')}"></media-playback-rate-menu>
  <media-time-range part="time-range">
    <media-preview-thumbnail slot="preview"></media-preview-thumbnail>
    <media-preview-time-display slot="preview"></media-preview-time-display>
  </media-time-range>
  <media-control-bar part="control-bar">
    <media-play-button></media-play-button>
    <media-mute-button></media-mute-button>
    <media-volume-range></media-volume-range>
    <media-time-display showduration></media-time-display>
    <span class="spacer"></span>
    <media-playback-rate-menu-button></media-playback-rate-menu-button>
    <media-rendition-menu-button></media-rendition-menu-button>
    <media-pip-button></media-pip-button>
    <media-fullscreen-button></media-fullscreen-button>
  </media-control-bar>
</media-controller>
<div class="failure" part="failure" role="alert" hidden><p></p><button type="button">Try again</button></div>
`

/** The parts the element works with. */
export interface PlayerParts {
  controller: HTMLElement
  video: HTMLVideoElement
  poster: HTMLElement
  failure: HTMLElement
  failureText: HTMLElement
  retry: HTMLButtonElement
}

/** Fills a shadow root and finds its parts. */
export function render(root: ShadowRoot): PlayerParts {
  const template = document.createElement('template')
  template.innerHTML = MARKUP
  root.append(document.importNode(template.content, true))
  const find = <T extends HTMLElement>(selector: string, kind: abstract new (...args: never[]) => T): T => {
    const part = root.querySelector(selector)
    if (!(part instanceof kind)) throw new Error(`the template has no ${selector}`)
    return part
  }
  return {
    controller: find('media-controller', HTMLElement),
    video: find('video', HTMLVideoElement),
    poster: find('media-poster-image', HTMLElement),
    failure: find('.failure', HTMLElement),
    failureText: find('.failure p', HTMLElement),
    retry: find('.failure button', HTMLButtonElement),
  }
}
