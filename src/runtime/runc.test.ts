import { testRuntime } from './testsuite.ts'

testRuntime('runc')
