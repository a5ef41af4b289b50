/** `<delete-button>`: asks before it deletes, in a dialog that Escape leaves. */
import { html, nothing } from 'lit'
import { sentenceOf } from '../api.ts'
import { LightElement } from '../light-element.ts'

class DeleteButton extends LightElement {
  static override properties = { name: { attribute: false }, error: { state: true }, busy: { state: true } }
  /** Deletes, or throws an ApiError. */
  declare carryOut: () => Promise<void>
  declare name: string
  declare error: string | null
  declare busy: boolean

  constructor() {
    super()
    this.carryOut = async () => {}
    this.name = ''
    this.error = null
    this.busy = false
  }

  private get dialog(): HTMLDialogElement | null {
    return this.querySelector('dialog')
  }

  private async confirm(): Promise<void> {
    this.busy = true
    this.error = null
    try {
      await this.carryOut()
    } catch (error) {
      this.error = sentenceOf(error)
    }
    this.busy = false
  }

  override render(): unknown {
    return html`<button class="quiet danger" @click=${() => this.dialog?.showModal()}>Delete</button>
      <dialog aria-labelledby="delete-title">
        <h2 id="delete-title">Delete this video?</h2>
        <p>“<span dir="auto">${this.name}</span>”, its uploaded file and everything made of it will be gone for good.</p>
        <p class="field-error" role="alert">${this.error ?? nothing}</p>
        <div class="button-row">
          <button class="button secondary" autofocus @click=${() => this.dialog?.close()}>Keep it</button>
          <button class="button destructive" ?disabled=${this.busy} @click=${() => void this.confirm()}>Delete</button>
        </div>
      </dialog>`
  }
}
customElements.define('delete-button', DeleteButton)
