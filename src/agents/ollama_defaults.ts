/** Where Ollama listens by itself, and the model that existing scripts expect. */
export const OLLAMA_DEFAULTS = { endpoint: "http://localhost:11434", model: "llama2:7b" } as const;
