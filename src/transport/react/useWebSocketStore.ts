'use client'
import { useStore } from 'zustand'
import type { WebSocketState } from '../machine/status.ts'
import { useManager } from './WebSocketProvider.tsx'

/** Reads the connection state; renders when what the selector returns changes. On a server it is `IDLE`. */
export function useWebSocketStore<T>(selector: (state: WebSocketState) => T): T {
  return useStore(useManager().store, selector)
}
