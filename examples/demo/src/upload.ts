/** Files over HTTP to the server of the demo, which gives them an address; the messages say which. */
import type { ChatAttachment, Upload } from '../../../src/chat/index.ts'
import type { TokenManager } from '../../../src/index.ts'

export function createUpload(
  near: string,
  { getAccessToken, refreshAccessToken = getAccessToken }: TokenManager,
): Upload {
  return async (file, { signal, onProgress }) => {
    const [token, size] = await Promise.all([getAccessToken(), sizeOf(file)])
    signal.throwIfAborted()
    const url = new URL(`/files?${new URLSearchParams({ name: file.name })}`, near)
    const what = { url, file, signal, onProgress }
    const { url: path, ...attachment } = await post({ ...what, token }).catch(async (error) => {
      if (error !== UNAUTHORIZED) throw error
      return post({ ...what, token: await refreshAccessToken() })
    })
    return { ...attachment, ...size, url: new URL(path, near).href }
  }
}

const UNAUTHORIZED = new Error('the server does not know who you are.')

interface Post {
  readonly url: URL
  readonly token: string | null
  readonly file: File
  readonly signal: AbortSignal
  readonly onProgress: (done: number, all: number) => void
}

/** Not fetch, which does not say how much has gone up. */
function post({ url, token, file, signal, onProgress }: Post): Promise<ChatAttachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', url)
    request.setRequestHeader('authorization', `Bearer ${token}`)
    request.setRequestHeader('content-type', file.type || 'application/octet-stream')
    request.responseType = 'json'
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded, total)
    request.onload = () => {
      if (request.status === 201) resolve(request.response)
      else if (request.status === 401) reject(UNAUTHORIZED)
      else reject(new Error(request.response?.error?.message ?? `The server said ${request.status}.`))
    }
    request.onerror = () => reject(new Error('the server could not be reached.'))
    request.onabort = () => reject(signal.reason)
    signal.addEventListener('abort', () => request.abort())
    request.send(file)
  })
}

/** So that its place is known before it is there, everywhere. */
async function sizeOf(file: File): Promise<{ width?: number; height?: number }> {
  if (!file.type.startsWith('image/')) return {}
  try {
    const { width, height } = await createImageBitmap(file)
    return { width, height }
  } catch {
    // No picture that this browser can read; it is sent all the same.
    return {}
  }
}
