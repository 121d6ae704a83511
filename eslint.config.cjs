const jsdoc = require("eslint-plugin-jsdoc");
const globals = require("globals");

module.exports = [
    {
        files: ["**/*.js"],
        plugins: {jsdoc},
        languageOptions: {
            ecmaVersion: 2024,
            sourceType: "module",
            globals: {...globals.browser, odoo: "readonly", owl: "readonly"},
        },
        rules: {
            "consistent-return": "error",
            "curly": "error",
            "eqeqeq": ["error", "always", {null: "ignore"}],
            "no-console": "error",
            "no-dupe-keys": "error",
            "no-eval": "error",
            "no-implied-eval": "error",
            "no-shadow": "error",
            "no-undef": "error",
            "no-unreachable": "error",
            "no-unused-vars": ["error", {argsIgnorePattern: "^_"}],
            "no-var": "error",
            "prefer-const": "error",
            "jsdoc/check-param-names": "error",
            "jsdoc/check-types": "error",
        },
    },
];
