using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Options;
using OrleansZk.Server.Configuration;
using OrleansZk.TestKit.Processes;

namespace OrleansZk.Server.Tests.Configuration;

/// <summary>The table of settings is complete, the defaults are allowed, and the documentation has it all.</summary>
public sealed class SettingTableTests
{
    private static readonly ServerOptions Defaults = new();

    [Fact]
    public void Every_setting_is_in_the_table() =>
        SettingTable.All.Select(setting => setting.Name).Order(StringComparer.Ordinal).ShouldBe(
            typeof(ServerOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.CanWrite).Select(property => property.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Defaults_are_allowed() => Validate(Defaults).Succeeded.ShouldBeTrue();

    [Fact]
    public void The_documentation_has_the_table()
    {
        string text = File.ReadAllText(Path.Combine(RepositoryFolder.Path, "docs", "configuration.md"));
        string[] documented = [.. ZooCfgTableTests.Rows(text, "| setting | default | must be | what it is |")];
        string[] expected =
        [
            .. SettingTable.All.Select(setting => $"| `{setting.Name}` | {Default(setting)} | {setting.Allowed} |"),
        ];
        documented.Length.ShouldBe(expected.Length, "docs/configuration.md must have these rows:\n" + string.Join('\n', expected));
        for (int i = 0; i < expected.Length; i++)
        {
            documented[i].ShouldStartWith(expected[i]);
        }
    }

    public static TheoryData<Action<ServerOptions>, string> WrongSettings => new()
    {
        { o => o.ClientPort = 65536, "OrleansZk:ClientPort is '65536', but must be an integer from 0 to 65535" },
        { o => o.AdminPort = -2, "OrleansZk:AdminPort is '-2', but must be an integer from -1 to 65535" },
        { o => o.AdminAddress = "localhost", "OrleansZk:AdminAddress is 'localhost', but must be an IP address, or empty for all" },
        { o => o.ServerId = 256, "OrleansZk:ServerId is '256', but must be an integer from -1 to 255" },
        { o => o.TickTime = 0, "OrleansZk:TickTime is '0', but must be an integer from 1 to 3600000" },
        { o => o.MaxFrameLength = 10, "OrleansZk:MaxFrameLength is '10', but must be an integer from 1024 to 1073741824" },
        { o => o.LogSegmentBytes = 1, "OrleansZk:LogSegmentBytes is '1', but must be an integer from 1048576 to 1073741824" },
        { o => o.DataDirectory = " ", "OrleansZk:DataDirectory is ' ', but must be the path of a folder" },
        { o => o.DigestAlgorithm = "MD5", "OrleansZk:DigestAlgorithm is 'MD5', but must be SHA1, SHA256, SHA384 or SHA512" },
        { o => o.SuperDigest = "secret", "OrleansZk:SuperDigest must be user:base64hash, or empty for no such user" },
        { o => o.FourLetterWords = "all", "OrleansZk:FourLetterWords is 'all', but must be words of four letters, separated by commas, or *" },
        {
            o => o.MinSessionTimeout = 50_000,
            "OrleansZk:MinSessionTimeout is 50000 ms, but must not be more than OrleansZk:MaxSessionTimeout, which is 40000 ms"
        },
        {
            o => (o.CreateDataDirectory, o.DataDirectory) = (false, "no/such/folder"),
            "OrleansZk:DataDirectory is 'no/such/folder', which is no folder, and OrleansZk:CreateDataDirectory is false"
        },
    };

    [Theory]
    [MemberData(nameof(WrongSettings), DisableDiscoveryEnumeration = true)]
    public void A_wrong_setting_is_refused_by_key_value_and_what_is_allowed(Action<ServerOptions> change, string message)
    {
        var options = new ServerOptions();
        change(options);
        Validate(options).Failures.ShouldBe([message]);
    }

    private static ValidateOptionsResult Validate(ServerOptions options) => new ServerOptionsValidator().Validate(null, options);

    private static string Default(Setting setting) => setting.Get(Defaults) switch
    {
        true => "`true`",
        false => "`false`",
        "" => "empty",
        object value => string.Create(CultureInfo.InvariantCulture, $"`{value}`"),
    };
}
