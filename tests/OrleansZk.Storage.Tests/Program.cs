using OrleansZk.Storage.Tests.Support;
using Xunit.MicrosoftTestingPlatform;

namespace OrleansZk.Storage.Tests;

/// <summary>Runs the tests; or, when a test has started this program as its child, what it is to do.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (ChildProcess.Role is { } role)
        {
            await role();
            return 0;
        }

        return await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
    }
}
