// "Request-Response Pattern" of the guide, with its import path changed.
// biome-ignore-all format: kept to the letter
// biome-ignore-all lint/a11y/useButtonType: kept to the letter
// biome-ignore-all lint/correctness/noUnusedVariables: kept to the letter
import { useWebSocketRequest } from '../../../src/index.ts';

export function MyComponent() {
  const { request, isLoading, error } = useWebSocketRequest();

  const loadData = async () => {
    try {
      const response = await request('get_data', { id: 123 }, 5000);
      console.log('Response:', response);
    } catch (error) {
      console.error('Request failed:', error);
    }
  };

  return (
    <button onClick={loadData} disabled={isLoading}>
      {isLoading ? 'Loading...' : 'Load Data'}
    </button>
  );
}
