/** `<copy-button>`: puts a text on the clipboard and says so. */
import { html } from 'lit'
import { LightElement } from '../light-element.ts'

class CopyButton extends LightElement {
  static override properties = { text: { attribute: false }, name: { attribute: false }, copied: { state: true } }
  declare text: string
  declare name: string
  declare copied: boolean

  constructor() {
    super()
    this.text = ''
    this.name = ''
    this.copied = false
  }

  private async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.text)
    } catch {
      // No clipboard on plain HTTP away from localhost, or not allowed: the text is selected, ready for Ctrl-C.
      const code = this.parentElement?.querySelector('code')
      if (code !== null && code !== undefined) getSelection()?.selectAllChildren(code)
      return
    }
    this.copied = true
    setTimeout(() => (this.copied = false), 1500)
  }

  override render(): unknown {
    return html`<button class="quiet" aria-label="Copy the ${this.name} address" @click=${() => void this.copy()}>
        ${this.copied ? 'Copied' : 'Copy'}</button
      ><span class="visually-hidden" role="status">${this.copied ? 'Copied' : ''}</span>`
  }
}
customElements.define('copy-button', CopyButton)
