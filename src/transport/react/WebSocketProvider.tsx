'use client'
import { createContext, type ReactNode, useContext } from 'react'
import type { WebSocketManager } from '../manager/managerTypes.ts'
import type { Protocol, RegisteredProtocol } from '../protocol.ts'
import { defaultManager } from './defaultManager.ts'

const ManagerContext = createContext<WebSocketManager | null>(null)

export interface WebSocketProviderProps<P extends Protocol> {
  readonly manager: WebSocketManager<P>
  readonly children?: ReactNode
}

/** Gives a manager to the hooks below. Neither opens nor closes anything: hooks hold what they use. */
export function WebSocketProvider<P extends Protocol>({ manager, children }: WebSocketProviderProps<P>) {
  // `.Provider` for React 18.
  return (
    <ManagerContext.Provider value={manager as unknown as WebSocketManager}>
      {children}
    </ManagerContext.Provider>
  )
}

/** The nearest provider's manager, or the default one. */
export function useManager(): WebSocketManager<RegisteredProtocol> {
  return (useContext(ManagerContext) ?? defaultManager()) as unknown as WebSocketManager<RegisteredProtocol>
}
