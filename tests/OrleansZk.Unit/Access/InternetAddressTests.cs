using System.Net;
using OrleansZk.Core.Access;

namespace OrleansZk.Unit.Access;

public sealed class InternetAddressTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("10.20.30.40")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("1::")]
    [InlineData("fe80::1")]
    [InlineData("FE80::aBcD")]
    [InlineData("1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4:5:6:7::")]
    [InlineData("::2:3:4:5:6:7:8")]
    [InlineData("1:2::7:8")]
    [InlineData("2001:0db8:0000:0000:0000:8a2e:0370:7334")]
    [InlineData("::ffff:7f00:1")]
    public void Forms_that_are_read(string text)
    {
        InternetAddress.TryParse(text, out InternetAddress address).ShouldBeTrue();
        address.ToIPAddress().GetAddressBytes().ShouldBe(IPAddress.Parse(text).GetAddressBytes());
        InternetAddress.IsAddressOrName(text).ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("127.1")]
    [InlineData("127.0.1")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.")]
    [InlineData(".1.2.3")]
    [InlineData("1..2.3")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.0256")]
    [InlineData("0177.0.0.1")]
    [InlineData("127.0.0.01")]
    [InlineData("00.0.0.0")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("0x7f000001")]
    [InlineData("2130706433")]
    [InlineData("+1.2.3.4")]
    [InlineData("-1.2.3.4")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("1.2.3. 4")]
    [InlineData("1.2.3.4\n")]
    [InlineData("1.2.3.4\0")]
    [InlineData("1.2.3.٤")]
    [InlineData("host")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData(":1")]
    [InlineData("1:")]
    [InlineData(":::1")]
    [InlineData("1::2::3")]
    [InlineData("1:::2")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7:8::")]
    [InlineData("::1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4::5:6:7:8")]
    [InlineData("1:2:3:4:5:6:7:")]
    [InlineData("12345::")]
    [InlineData("::g")]
    [InlineData("::+1")]
    [InlineData("::-1")]
    [InlineData(":: 1")]
    [InlineData("::1 ")]
    [InlineData("::1\0")]
    [InlineData("1\0::")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fe80::1%1")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::127.0.0.1")]
    [InlineData("1:2:3:4:5:6:1.2.3.4")]
    public void Forms_that_are_none(string text)
    {
        InternetAddress.TryParse(text, out _).ShouldBeFalse();
        new IpScheme().IsValid(text).ShouldBeFalse();
    }

    [Theory]
    [InlineData("10.0.0.0/8", true)]
    [InlineData("10.0.0.0/0", true)]
    [InlineData("10.0.0.0/32", true)]
    [InlineData("::/0", true)]
    [InlineData("::1/128", true)]
    [InlineData("10.0.0.0/33", false)]
    [InlineData("::1/129", false)]
    [InlineData("10.0.0.0/08", false)]
    [InlineData("10.0.0.0/00", false)]
    [InlineData("10.0.0.0/+8", false)]
    [InlineData("10.0.0.0/-0", false)]
    [InlineData("10.0.0.0/0x8", false)]
    [InlineData("10.0.0.0/8 ", false)]
    [InlineData("10.0.0.0/8/8", false)]
    [InlineData("10.0.0.0/255.0.0.0", false)]
    [InlineData("10.0.0.0/", false)]
    [InlineData("/8", false)]
    [InlineData("10/8", false)]
    [InlineData("012.0.0.0/8", false)]
    public void Networks(string text, bool expected) => new IpScheme().IsValid(text).ShouldBe(expected);

    [Theory]
    [InlineData("host")]
    [InlineData("host-1.example.com")]
    [InlineData("my_host")]
    [InlineData("3a1f5c2b9d10")]
    public void Names_of_hosts(string text) => InternetAddress.IsAddressOrName(text).ShouldBeTrue();

    [Theory]
    [InlineData("0177.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("[::1]")]
    [InlineData("fe80::1%1")]
    [InlineData("no such host")]
    [InlineData("")]
    public void Neither_addresses_nor_names(string text) => InternetAddress.IsAddressOrName(text).ShouldBeFalse();
}
