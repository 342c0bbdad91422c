/** The one package that a check needs. */

const NO_WS =
  'A check needs the package ws, which tells why a handshake was refused: npm install --save-dev ws@8'

export function importWs(): Promise<typeof import('ws')> {
  return import('ws').catch((cause: unknown) => {
    throw new Error(NO_WS, { cause })
  })
}
