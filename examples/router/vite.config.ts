import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The page dials where it came from, and this hands it on: one address for both, also where a port has a host name of its own.
const backEnd = `http://127.0.0.1:${process.env.BACKEND_PORT ?? 9000}`

// https://vite.dev/config/
export default defineConfig({
  plugins: [react()],
  server: { proxy: { '/ws/': { target: backEnd, ws: true } } },
})
