// Loaded before the application: whoever dials from the server is told of.
globalThis.WebSocket = class {
  constructor(url) {
    console.error(`A socket from the server: ${url}`)
  }
  addEventListener() {}
  close() {}
}
