/** Base of the site's elements: rendered into the page itself (no shadow root), so that one stylesheet dresses everything. */
import { LitElement } from 'lit'

export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this
  }
}
