// The rules for the page's JavaScript, and for its tests.

import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["**/vendor/**", "**/node_modules/**"] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2025, globals: globals.browser },
    rules: {
      "complexity": ["error", 16],
      "eqeqeq": "error",
      "max-len": ["error", { code: 100, ignoreRegExpLiterals: true }],
      "max-lines-per-function": ["error", { max: 80, skipBlankLines: true, skipComments: true }],
      "no-shadow": "error",
      "no-unused-vars": ["error", { ignoreRestSiblings: true, argsIgnorePattern: "^_" }],
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "off",
    },
  },
  { files: ["tests/**"], languageOptions: { globals: globals.node } },
];
