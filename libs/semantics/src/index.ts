export * from './context/document-loader.js';
export * from './context/document-to-rdf.js';
export * from './hub/index.js';
export * from './render/observation-encoder.js';
export * from './render/observation-renderer.js';
export * from './render/page-writer.js';
export * from './render/semantic-topic.js';
export * from './units/index.js';
