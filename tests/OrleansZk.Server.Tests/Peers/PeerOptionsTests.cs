using Microsoft.Extensions.Options;
using OrleansZk.Protocol;
using OrleansZk.Server.Configuration;
using OrleansZk.Server.Hosting;
using OrleansZk.Server.Peers;

namespace OrleansZk.Server.Tests.Peers;

/// <summary>What cannot work is said at the start, by name.</summary>
public sealed class PeerOptionsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public void The_defaults_are_valid() => Validate(new PeerOptions()).ShouldBeEmpty();

    [Fact]
    public void Numbers_have_ranges() =>
        Validate(new PeerOptions { PeerMaxMessageLength = 1, PeerConnectTimeout = 0, PeerHandshakeTimeout = -1, PeerHighWaterMark = 0 })
            .Select(failure => failure.Split(' ')[0])
            .ShouldBe(["PeerMaxMessageLength", "PeerConnectTimeout", "PeerHandshakeTimeout", "PeerHighWaterMark"]);

    [Theory]
    [InlineData(Frame.DefaultMaxLength, 64 << 20, true)]
    [InlineData(56 << 20, 64 << 20, true)]
    [InlineData((56 << 20) + 1, 64 << 20, false)]
    [InlineData(1024, 8 << 20, false)]
    public void Any_write_of_a_client_must_fit_in_a_message(int frame, int message, bool isValid)
    {
        ValidateOptionsResult result = new PeerMessageLengthValidator(Options.Create(new ServerOptions { MaxFrameLength = frame }))
            .Validate(null, new PeerOptions { PeerMaxMessageLength = message });
        result.Succeeded.ShouldBe(isValid);
        if (!isValid)
        {
            result.FailureMessage!.ShouldContain($"PeerMaxMessageLength is {message}");
            result.FailureMessage!.ShouldContain($"{frame}");
        }
    }

    [Fact]
    public void A_certificate_and_the_authorities_go_together()
    {
        string certificate = _certificates.IssuePem("one");
        Validate(new PeerOptions { PeerCertificatePath = certificate }).ShouldHaveSingleItem().ShouldContain("together");
        Validate(new PeerOptions { PeerCertificateAuthorityPath = _certificates.AuthorityPath }).ShouldHaveSingleItem().ShouldContain("together");
        Validate(new PeerOptions { PeerCertificateKeyPath = certificate }).ShouldHaveSingleItem().ShouldContain("without");
        Validate(new PeerOptions { PeerCertificatePath = certificate, PeerCertificateAuthorityPath = _certificates.AuthorityPath }).ShouldBeEmpty();
    }

    [Fact]
    public void Files_that_cannot_be_loaded_are_named()
    {
        string missing = _certificates.AuthorityPath + ".not";
        string pfx = _certificates.IssuePfx("one");
        string authority = _certificates.AuthorityPath;
        Validate(new PeerOptions { PeerCertificatePath = missing, PeerCertificateAuthorityPath = authority })
            .ShouldHaveSingleItem().ShouldContain($"PeerCertificatePath is '{missing}'");
        Validate(new PeerOptions { PeerCertificatePath = pfx, PeerCertificateAuthorityPath = missing })
            .ShouldHaveSingleItem().ShouldContain($"PeerCertificateAuthorityPath is '{missing}'");
        Validate(new PeerOptions { PeerCertificatePath = pfx, PeerCertificatePassword = "another", PeerCertificateAuthorityPath = authority })
            .ShouldHaveSingleItem().ShouldContain($"PeerCertificatePath is '{pfx}'");
        Validate(new PeerOptions { PeerCertificatePath = authority, PeerCertificateAuthorityPath = authority })
            .ShouldHaveSingleItem().ShouldContain($"PeerCertificatePath is '{authority}'");
        Validate(new PeerOptions { PeerCertificatePath = pfx, PeerCertificatePassword = TestCertificates.Password, PeerCertificateAuthorityPath = pfx })
            .ShouldHaveSingleItem().ShouldContain($"PeerCertificateAuthorityPath is '{pfx}'");
    }

    [Fact]
    public async Task A_server_does_not_start_with_them() =>
        (await Should.ThrowAsync<OptionsValidationException>(PeerServer.StartAsync(options => options.PeerHighWaterMark = 0)))
            .Message.ShouldContain("PeerHighWaterMark is 0; it must be from 1 to ");

    private static IEnumerable<string> Validate(PeerOptions options) =>
        ((IValidateOptions<PeerOptions>)new PeerOptionsValidator()).Validate(null, options).Failures ?? [];
}
