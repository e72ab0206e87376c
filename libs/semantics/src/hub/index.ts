export { OntologyHub } from './ontology-hub.js';
export { nearest } from './nearest.js';
