/** The only error that lab/ throws about its input: the message says what is wrong with it and where. */
export class LabError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'LabError'
  }
}
