/** Styles that every Content-Security-Policy allows: a sheet made by script, unlike a `<style>` or an attribute, needs no nonce. */
import { type RefObject, useLayoutEffect, useRef } from 'react'

/** Returns what to give to an element: its document, or its shadow tree, has the styles for as long as it is there. */
export function useStyleSheet(css: string): RefObject<HTMLDivElement | null> {
  const ref = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => (ref.current ? adopt(ref.current, css) : undefined), [css])
  return ref
}

function adopt(element: HTMLElement, css: string): () => void {
  const { ownerDocument } = element
  const root = element.getRootNode() as Node & Partial<DocumentOrShadowRoot>
  const holder: DocumentOrShadowRoot = root.adoptedStyleSheets ? (root as ShadowRoot) : ownerDocument
  // Of its own window, which is another one for a panel in a picture-in-picture window: a document takes no other's.
  const { CSSStyleSheet } = ownerDocument.defaultView ?? globalThis
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  holder.adoptedStyleSheets = [...holder.adoptedStyleSheets, sheet]
  return () => {
    holder.adoptedStyleSheets = holder.adoptedStyleSheets.filter((other) => other !== sheet)
  }
}
