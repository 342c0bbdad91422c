'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { Id } from '../../model/data/types.ts'
import { readReporterOf } from '../../model/readState/readReporter.ts'
import { useChat } from '../useChat.ts'

/** While somebody looks at the end of a room, what comes does not count as unread, be it for a moment. */
export function useReading(roomId: Id, isReading: boolean): void {
  const reporter = readReporterOf(useChat(), useQueryClient(), roomId)
  useEffect(() => (isReading ? reporter.watch() : undefined), [reporter, isReading])
}
