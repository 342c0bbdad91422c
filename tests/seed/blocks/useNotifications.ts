// "Custom WebSocket Hook" of the guide, with its import path changed (and the imports it takes for granted).
// biome-ignore-all format: kept to the letter
// biome-ignore-all assist/source/organizeImports: kept to the letter
// biome-ignore-all lint/correctness/useExhaustiveDependencies: kept to the letter
import { useEffect } from 'react'
import { useState } from '../ambient.ts'
import { useWebSocket } from '../../../src/index.ts';

export function useNotifications() {
  const { subscribe, isConnected } = useWebSocket('/ws/notifications/');
  const [notifications, setNotifications] = useState([]);

  useEffect(() => {
    if (!isConnected) return;

    const unsubscribe = subscribe('notification', (data) => {
      setNotifications(prev => [...prev, data]);
    });

    return unsubscribe;
  }, [isConnected, subscribe]);

  return { notifications, isConnected };
}
