import { testRuntime } from './testsuite.ts'

testRuntime('crun')
